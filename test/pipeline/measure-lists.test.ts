import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { InteractionRecord } from '../../src/datasets/dataset.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { measureVersion } from '../../src/pipeline/measure-version.ts';
import { prepareUserTraining } from '../../src/pipeline/prepare-user-training.ts';
import { type ModelTrainingReport, trainModel } from '../../src/pipeline/train-model.ts';
import { modelVersionsById, readArtifact } from '../../src/registry/model-registry.ts';
import { promoteByPerson } from '../../src/registry/promotion.ts';
import { evaluationOf, type ListMeasurement } from '../../src/registry/version-evaluation.ts';
import { recipeFor } from '../../src/training/recipe-for.ts';
import { rating, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

// Each test trains, and the machine can be busy.
jest.setTimeout(120_000);

const ratingScale = { minimum: 1, maximum: 5 };
const [users, items] = [300, 60];

/**
 * Each user clicks 20 of the 30 items of the user's own taste, and no others. When 16 of them are shown, the 4 hidden
 * ones are among the 14 other items of that taste: a model that knows the taste finds all of them in a list of 20.
 */
function clicks(): InteractionRecord[] {
  const all: InteractionRecord[] = [];
  for (let user = 1; user <= users; user++) {
    for (let place = 0; place < 20; place++) {
      const item = ((user + place + (place >> 3) * (user % 5)) % 30) * 2 + (user % 2) + 1;
      all.push({ userId: `u${user}`, itemId: `i${item}`, type: 'CLICK', value: null, time: null });
    }
  }
  return all;
}

/** The same users rate these items 5, and the first items of the other taste 1. */
function ratings(): InteractionRecord[] {
  const liked = clicks().map((record) => ({ ...record, type: 'RATE' as const, value: 5 }));
  const disliked = Array.from({ length: users }, (_, index) =>
    [1, 3, 5].map((place) => rating(`u${index + 1}`, `i${place + (index % 2)}`, 1)),
  );
  return [...liked, ...disliked.flat()];
}

type Settings = Parameters<typeof recipeFor>[1];

/** A database with interactions, whose models are trained and measured. */
function platformOf(interactions: readonly InteractionRecord[]) {
  const db = testDatabase();
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine('wasm');
    const numbered = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
    const dataset = smallDataset({
      users: numbered(users).map((number) => ({ id: `u${number}`, features: {} })),
      items: numbered(items).map((number) => ({ id: `i${number}`, title: `Item ${number}`, features: {} })),
      interactions,
    });
    await loadDataset(db.pool, dataset, { ratingScale });
  });
  return {
    db,
    engine: () => engine,
    async train(settings: Settings): Promise<ModelTrainingReport> {
      const services = { database: db.database, pool: db.pool, engine, ratingScale };
      return trainModel(services, { taskKind: 'USER', recipe: recipeFor('USER', settings) });
    },
    /** Returns the lists that are stored with a version. */
    async listsOf({ version }: ModelTrainingReport): Promise<readonly ListMeasurement[]> {
      const [stored] = await modelVersionsById(db.database, [version.id]);
      const lists = stored && evaluationOf(stored)?.lists;
      if (!lists) throw new Error('the version has no lists');
      return lists;
    },
  };
}

/** Returns what all versions of the same data have in common. */
const rivalsIn = (lists: readonly ListMeasurement[]) => lists.map(({ value: _, active: __, ...compared }) => compared);

/** A small model that learns next to nothing. */
const untrained = {
  config: { embeddingWidth: 4, labelWidths: [4], contextWidths: [8], hyperWidths: [8], backboneWidths: [8] },
  options: { epochs: 1, learningRate: 1e-9 },
};

describe('versions that learn from whole histories', () => {
  const { db, engine, train, listsOf } = platformOf(clicks());
  let popular: ModelTrainingReport;
  let knn: ModelTrainingReport;

  beforeAll(async () => {
    popular = await train({ kind: 'itemPopularity' });
    knn = await train({ kind: 'itemKnn' });
  });

  test('are measured with 0, 1, 3, 5, 10, 20 and all interactions shown', async () => {
    const lists = await listsOf(knn);
    expect(lists.map(({ shown }) => shown)).toEqual([0, 1, 3, 5, 10, 20, null]);
    expect(new Set(lists.map((row) => row.users))).toEqual(new Set([knn.heldOutTasks]));
    expect(knn.heldOutTasks).toBeGreaterThanOrEqual(20);
  });

  test('have the lists of popularity and item-kNN beside their own', async () => {
    for (const { value, popularity, itemKnn } of await listsOf(popular)) {
      expect(value).toEqual(popularity);
      expect(itemKnn).not.toBeNull();
    }
    const lists = await listsOf(knn);
    for (const { value, itemKnn } of lists) expect(value).toEqual(itemKnn);
    expect(lists.at(-1)).toMatchObject({ value: { recall20: 1 }, active: null });
    expect(lists.at(-1)?.popularity.recall20).toBeLessThan(0.8);
  });

  test('are not promoted if they are worse than item-kNN, even as the first version', () => {
    expect(popular.decision).toMatchObject({ promoted: false, decidedBy: 'RULE' });
    expect(popular.decision.reason).toMatch(
      /worse lists than item-kNN\. Its Recall@20, .* \d+(\.\d)?% worse than item-kNN's/,
    );
  });

  test('serve from the length of history on at which they are at least as good as popularity, from 0 on only if better', () => {
    expect(popular.version.servesFrom).toBe(1);
    expect(knn.decision).toMatchObject({ promoted: true, metric: null });
    expect(knn.decision.reason).toMatch(/times popularity's/);
    expect([0, 1]).toContain(knn.version.servesFrom);
  });

  test('are compared with the active version by the mean Recall@20 of the same lists', async () => {
    const ease = await train({ kind: 'ease' });
    const [own, earlier] = [await listsOf(ease), await listsOf(knn)];
    expect(own.map(({ active }) => active)).toEqual(earlier.map(({ value }) => value));
    const mean = (lists: readonly ListMeasurement[]) =>
      lists.reduce((sum, { value }) => sum + value.recall20, 0) / lists.length;
    expect(ease.decision).toMatchObject({ metric: 'recall20', previousVersionId: knn.version.id });
    expect(ease.decision.value).toBeCloseTo(mean(own), 9);
    expect(ease.decision.activeValue).toBeCloseTo(mean(earlier), 9);
    expect(ease.metrics.recall20).toBeCloseTo(mean(own), 9);
  });

  test('stop being measured when the signal is aborted', async () => {
    const recipe = recipeFor('USER', { kind: 'itemKnn' });
    const prepared = await prepareUserTraining(db.database, { recipe, maxUsers: undefined, ratingScale });
    const artifact = await readArtifact(db.database, knn.version.id);
    const abort = new AbortController();
    const request = { taskKind: 'USER', prepared, artifact, signal: abort.signal } as const;
    const measuring = measureVersion({ database: db.database, engine: engine() }, request);
    setImmediate(() => abort.abort(new Error('stopped by hand')));
    await expect(measuring).rejects.toThrow('stopped by hand');
  });
});

describe.each([
  ['cmml', { objective: 'bpr', ...untrained.config }],
  ['dcn', { objective: 'bpr', embeddingWidth: 4, deepWidths: [8] }],
] as const)('versions of positives (%s with the objective bpr)', (kind, config) => {
  const { train, listsOf } = platformOf(clicks());

  test('are measured by the same lists as others, and not promoted if these are worse than item-kNN', async () => {
    const first = await train({ ...untrained, kind, config });
    expect(Object.keys(first.metrics)).not.toContain('ndcg20');
    expect(first.metrics.recall10).toBeGreaterThan(0);
    expect(first.decision).toMatchObject({ promoted: false, decidedBy: 'RULE', metric: null });
    expect(first.decision.reason).toMatch(/worse lists than .*item-kNN\. Its Recall@20/);
    const knn = await train({ kind: 'itemKnn' });
    expect(knn.decision.promoted).toBe(true);
    const lists = await listsOf(first);
    expect(rivalsIn(lists)).toEqual(rivalsIn(await listsOf(knn)));
    expect(lists.map(({ active }) => active)).toEqual(lists.map(() => null));
    // With nothing shown, a list is one of 60 items, 30 of which are of the user's taste.
    expect(lists[0]?.value.recall20).toBeLessThan(0.6);
  });

  test('have the lists of the active version beside their own, even if that one was trained for another goal', async () => {
    const next = await train({ ...untrained, kind, config });
    const lists = await listsOf(next);
    expect(lists.map(({ active }) => active)).toEqual(lists.map(({ itemKnn }) => itemKnn));
    expect(evaluationOf(next.version)?.overall.active).toEqual({});
    // The active version is item-kNN.
    const mean = (recalls: readonly number[]) => recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
    expect(next.decision).toMatchObject({ promoted: false, metric: 'recall20' });
    expect(next.decision.value).toBeCloseTo(mean(lists.map(({ value }) => value.recall20)), 9);
    expect(next.decision.activeValue).toBeCloseTo(mean(lists.map((row) => row.itemKnn?.recall20 ?? NaN)), 9);
  });
});

describe('versions that predict ratings', () => {
  const { db, train, listsOf } = platformOf(ratings());
  const mse = { ...untrained, config: { ...untrained.config, objective: 'mse' } };

  test('are not promoted if their lists are worse, also if their ratings are not; an admin can promote them', async () => {
    const first = await train(mse);
    expect(first.metrics.mae).toBeGreaterThan(0);
    expect(first.decision).toMatchObject({ promoted: false, metric: null });
    expect(first.decision.reason).toMatch(
      /worse lists than item-kNN.* An admin can promote it\. .* Train the kind itemKnn/,
    );
    await promoteByPerson(db.database, first.version.id);
    const second = await train(mse);
    const { mae } = second.metrics;
    expect(second.decision).toMatchObject({ promoted: false, metric: 'mae', value: mae, activeValue: mae });
    const lists = await listsOf(second);
    expect(lists.map(({ active }) => active)).toEqual(lists.map(({ value }) => value));
    expect(rivalsIn(lists)).toEqual(rivalsIn(await listsOf(await train({ kind: 'itemPopularity' }))));
  });
});
