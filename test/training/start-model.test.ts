import { describe, expect, test } from '@jest/globals';
import { featureSchema } from '../../src/features/feature-schema.ts';
import { startModel } from '../../src/training/start-model.ts';
import { parseRecipe } from '../../src/training/training-recipe.ts';
import { tasteData } from './taste-data.ts';

/** Data whose schema has the IDs of `ids` users and items. */
function withIds(count: number) {
  const vocabulary = Array<string>(count).fill('id');
  const entities = ['user', 'item'] as const;
  const schema = featureSchema(
    entities.map((entity) => ({
      ...{ entity, name: 'id', kind: 'categorical', vocabulary, slots: 1, mean: 0, deviation: 1 },
    })),
  );
  return { ...tasteData(20, 1), schema };
}

describe('a model that embeds IDs', () => {
  const start = (kind: 'cmml' | 'dcn' | 'tanp', config: object, ids: number) =>
    startModel(parseRecipe({ kind, config }), withIds(ids), {
      ...{ engine: undefined as never, signal: undefined, onProgress: undefined },
      pretrain: () => Promise.reject(new Error('factors were made')),
    });

  test.each(['cmml', 'dcn', 'tanp'] as const)(
    'is refused before it is made if %s has too many parameters to train',
    async (kind) => {
      await expect(start(kind, { embeddingWidth: 64 }, 800_000)).rejects.toMatchObject({
        code: 'INVALID_CONFIGURATION',
        field: ['embeddingWidth'],
        message: expect.stringMatching(
          /at most 100,000,000 trained parameters, got at least 102,\d{3},\d{3}.*"user\.embedding" of \[800001, 64\]/,
        ),
      });
    },
  );

  test.each(['cmml', 'dcn', 'tanp'] as const)(
    'is refused before factors are made if those of %s are too large to store',
    async (kind) => {
      const config = { embedding: 'factors', factorWidth: 128 };
      await expect(start(kind, config, 500_000)).rejects.toMatchObject({
        code: 'INVALID_CONFIGURATION',
        field: ['factorWidth'],
        message: expect.stringMatching(
          /at most 250,000,000 parameters including factors, got at least 256,\d{3},\d{3}/,
        ),
      });
      await expect(start(kind, config, 400_000)).rejects.toThrow('factors were made');
    },
  );
});

describe('a model that takes gradient steps on each task', () => {
  const start = (kind: 'maml' | 's2meta', config: object, options: object = {}) =>
    startModel(parseRecipe({ kind, config, options }), tasteData(20, 1), {
      ...{ engine: undefined as never, signal: undefined, onProgress: undefined },
      pretrain: () => Promise.reject(new Error('factors were made')),
    });

  test.each([
    ['maml', { layerWidths: [4096, 4096], innerSteps: 50 }, 'layerWidths'],
    ['s2meta', { layerWidths: [4096, 4096] }, 'layerWidths'],
    ['s2meta', { layerWidths: [256, 256] }, 'tasksPerStep'],
  ] as const)(
    'is refused before it is made if training needs too much memory (%s, %j)',
    async (kind, config, field) => {
      await expect(start(kind, config, { tasksPerStep: 64 })).rejects.toMatchObject({
        code: 'INVALID_CONFIGURATION',
        field: [field],
        message: expect.stringMatching(
          /^\w+: expected a training step that needs at most 32 GB, got about [\d,]+ GB for 64 tasks/,
        ),
      });
    },
  );

  test('is made if its training step fits', async () => {
    await expect(start('s2meta', { layerWidths: [256, 256] }, { tasksPerStep: 1 })).resolves.toBeDefined();
    await expect(start('maml', { layerWidths: [256, 256] }, { tasksPerStep: 64 })).resolves.toBeDefined();
  });
});
