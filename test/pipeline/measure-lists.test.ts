import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { InteractionRecord } from '../../src/datasets/dataset.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { measureVersion } from '../../src/pipeline/measure-version.ts';
import { prepareUserTraining } from '../../src/pipeline/prepare-user-training.ts';
import { type ModelTrainingReport, trainModel } from '../../src/pipeline/train-model.ts';
import { modelVersionsById, readArtifact } from '../../src/registry/model-registry.ts';
import { evaluationOf, type ListMeasurement } from '../../src/registry/version-evaluation.ts';
import { recipeFor } from '../../src/training/recipe-for.ts';
import { smallDataset } from '../support/small-dataset.ts';
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

describe('versions that learn from whole histories', () => {
  const db = testDatabase();
  let engine: Engine;
  let popular: ModelTrainingReport;
  let knn: ModelTrainingReport;

  const train = (kind: 'itemPopularity' | 'itemKnn' | 'ease') =>
    trainModel(
      { database: db.database, pool: db.pool, engine, ratingScale },
      { taskKind: 'USER', recipe: recipeFor('USER', { kind }) },
    );
  /** Returns the lists that are stored with a version. */
  const listsOf = async ({ version }: ModelTrainingReport): Promise<readonly ListMeasurement[]> => {
    const [stored] = await modelVersionsById(db.database, [version.id]);
    const lists = stored && evaluationOf(stored)?.lists;
    if (!lists) throw new Error('the version has no lists');
    return lists;
  };

  beforeAll(async () => {
    engine = await openEngine('wasm');
    const numbered = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
    const dataset = smallDataset({
      users: numbered(users).map((number) => ({ id: `u${number}`, features: {} })),
      items: numbered(items).map((number) => ({ id: `i${number}`, title: `Item ${number}`, features: {} })),
      interactions: clicks(),
    });
    await loadDataset(db.pool, dataset, { ratingScale });
    popular = await train('itemPopularity');
    knn = await train('itemKnn');
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

  test('serve from the length of history on at which they are at least as good as popularity', () => {
    expect(popular.version.servesFrom).toBe(0);
    expect(knn.decision).toMatchObject({ promoted: true, metric: null });
    expect(knn.decision.reason).toMatch(/better than popularity's/);
    expect([0, 1]).toContain(knn.version.servesFrom);
  });

  test('are compared with the active version by the mean Recall@20 of the same lists', async () => {
    const ease = await train('ease');
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
    const measuring = measureVersion({ database: db.database, engine }, request);
    setImmediate(() => abort.abort(new Error('stopped by hand')));
    await expect(measuring).rejects.toThrow('stopped by hand');
  });
});
