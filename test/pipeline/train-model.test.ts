import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { syntheticDataset } from '../../src/datasets/synthetic/synthetic-dataset.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { trainModel } from '../../src/pipeline/train-model.ts';
import { loadModelVersion } from '../../src/registry/model-registry.ts';
import { parseRecipe, type TrainingRecipe } from '../../src/training/training-recipe.ts';
import { testDatabase } from '../support/test-database.ts';

const small: TrainingRecipe = {
  kind: 'cmml',
  ids: ['item'],
  config: {
    embeddingWidth: 4,
    labelWidths: [4, 4],
    contextWidths: [8],
    hyperWidths: [8],
    backboneWidths: [8],
  },
  options: { epochs: 2, tasksPerStep: 8 },
};

describe('trainModel', () => {
  const db = testDatabase();
  let engine: Engine;
  const train = async (recipe: Partial<TrainingRecipe> = {}, request: Partial<Parameters<typeof trainModel>[1]> = {}) =>
    trainModel(
      { database: db.database, pool: db.pool, engine, ratingScale: { minimum: 1, maximum: 5 } },
      { taskKind: 'USER', recipe: parseRecipe({ ...small, ...recipe }), ...request },
    );

  beforeAll(async () => {
    engine = await openEngine('wasm');
  });

  beforeEach(async () => {
    await db.database.promotionDecision.deleteMany();
    await db.database.activeModel.deleteMany();
  });

  test('refuses to train without eligible users, and records the run as failed', async () => {
    const message = /no data to train on: expected users who have rated at least 1000 items, found none/;
    const options = { ...small.options, historyLimit: 1000, episodes: { minimumPairs: 1000 } };
    await expect(train({ options })).rejects.toThrow(message);
    expect(await db.database.trainingRun.findFirst({ orderBy: { id: 'desc' } })).toMatchObject({
      status: 'FAILED',
      error: expect.stringMatching(message),
      finishedAt: expect.any(Date),
      modelVersionId: null,
    });
    expect(await db.database.activeModel.count()).toBe(0);
  });

  describe('with ratings', () => {
    beforeAll(async () => {
      const dataset = syntheticDataset({ users: 60, items: 80, scenarios: 2, ratings: 20 });
      await loadDataset(db.pool, dataset, { ratingScale: { minimum: 1, maximum: 5 } });
    });

    test('stores, measures and promotes a version, and records the run', async () => {
      const losses: number[] = [];
      const report = await train(
        {},
        {
          onProgress: (progress) => {
            if (progress.phase !== 'factors') losses.push(progress.loss);
          },
        },
      );
      expect(losses.length).toBeGreaterThan(2);
      expect(report.trainedTasks + report.heldOutTasks).toBe(report.eligibleTasks);
      expect(report.metrics.mae).toBeGreaterThan(0);
      expect(await db.database.activeModel.findFirst()).toMatchObject({
        taskKind: 'USER',
        modelVersionId: report.version.id,
      });
      expect(await db.database.trainingRun.findFirst({ orderBy: { id: 'desc' } })).toMatchObject({
        status: 'SUCCEEDED',
        modelVersionId: report.version.id,
        engine: 'wasm',
        metrics: report.metrics,
      });
    });

    test('goes on without stored features that are not of their kind, and logs how many there are', async () => {
      const item = await db.database.item.findFirstOrThrow({ orderBy: { id: 'asc' } });
      const { name } = await db.database.featureField.findFirstOrThrow({ where: { entity: 'ITEM' } });
      await db.database.item.update({ where: { id: item.id }, data: { features: { [name]: { a: 1 } } } });
      await train();
      await db.database.item.update({ where: { id: item.id }, data: { features: item.features as object } });
      const { id } = await db.database.trainingRun.findFirstOrThrow({ orderBy: { id: 'desc' } });
      const logs = await db.database.trainingEvent.findMany({ where: { runId: id, kind: 'LOG' } });
      const line = `ignored 1 stored features whose values are not of their declared kind, such as "${name}" of the item "${item.externalId}"`;
      expect(JSON.stringify(logs.map(({ content }) => content))).toContain(JSON.stringify(line).slice(1, -1));
    });

    test('gives the same model with the same seed, and another with another seed', async () => {
      const [first, again, other] = [
        await parametersOf(await train()),
        await parametersOf(await train()),
        await parametersOf(await train({ options: { ...small.options, seed: 2 } })),
      ];
      expect(again).toEqual(first);
      expect(other).not.toEqual(first);
    });

    test('trains on a random sample of users, and measures on all held-out users', async () => {
      const whole = await train();
      const report = await train({}, { maxUsers: 20 });
      expect(report.trainedTasks).toBe(20);
      expect(report.eligibleTasks).toBeGreaterThan(20);
      expect(report.heldOutTasks).toBe(whole.heldOutTasks);
      expect(report.metrics.tasks).toBe(whole.metrics.tasks);
    });

    test('a wrong option fails before anything is recorded', async () => {
      const runs = await db.database.trainingRun.count();
      await expect(train({ options: { epochs: 0 } })).rejects.toMatchObject({
        code: 'INVALID_CONFIGURATION',
      });
      expect(await db.database.trainingRun.count()).toBe(runs);
    });

    test('a wrong configuration of the model fails before anything is recorded, naming the field', async () => {
      const runs = await db.database.trainingRun.count();
      await expect(train({ config: { modulation: 'fourier' } })).rejects.toMatchObject({
        code: 'INVALID_CONFIGURATION',
        message: expect.stringContaining('modulation'),
      });
      expect(await db.database.trainingRun.count()).toBe(runs);
    });

    test.each(['itemPopularity', 'ease', 'itemKnn', 'ials'] as const)(
      'measures the lists of a model of positive interactions: %s',
      async (kind) => {
        const config = kind === 'ials' ? { factorWidth: 4 } : {};
        const { metrics, version } = await train({ kind, config });
        expect(Object.keys(metrics).sort()).toEqual(['ndcg20', 'recall10', 'recall20', 'tasks']);
        const recommender = await loadModelVersion(db.database, version.id, engine);
        expect(recommender.save().config).toMatchObject({ positiveFrom: 4 });
        recommender.dispose();
      },
    );

    test('throws if all scenarios have too few interactions', async () => {
      const options = { ...small.options, episodes: { minimumPairs: 1000, negatives: 'both' } as const };
      await expect(train({ options }, { taskKind: 'SCENARIO' })).rejects.toThrow(
        'expected scenarios whose items have at least 1000 positive interactions, found none',
      );
      expect(await db.database.trainingRun.findFirst({ orderBy: { id: 'desc' } })).toMatchObject({
        taskKind: 'SCENARIO',
        status: 'FAILED',
      });
    });

    test('an aborted run is recorded as failed and promotes nothing', async () => {
      const active = await db.database.activeModel.findFirst();
      const abort = new AbortController();
      const training = train(
        {},
        {
          signal: abort.signal,
          onProgress: () => abort.abort(new Error('stopped by hand')),
        },
      );
      await expect(training).rejects.toThrow('stopped by hand');
      expect(await db.database.trainingRun.findFirst({ orderBy: { id: 'desc' } })).toMatchObject({
        status: 'FAILED',
        error: 'stopped by hand',
      });
      expect(await db.database.activeModel.findFirst()).toEqual(active);
    });
  });

  async function parametersOf({ version }: { version: { id: number } }) {
    const recommender = await loadModelVersion(db.database, version.id, engine);
    const { parameters } = recommender.save();
    recommender.dispose();
    return parameters;
  }
});
