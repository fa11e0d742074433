import { describe, expect, test } from '@jest/globals';
import { ablationModels, benchmarkModel, modelNames } from '../../src/model-benchmark/benchmark-models.ts';
import { parseCmmlConfig } from '../../src/models/cmml/cmml-config.ts';
import { parseDcnConfig } from '../../src/models/dcn/dcn-config.ts';
import { parseItemPopularityConfig } from '../../src/models/item-popularity.ts';
import { taskKinds } from '../../src/tasks/training-data.ts';
import { parseTrainingOptions } from '../../src/training/training-options.ts';

const parsers = { cmml: parseCmmlConfig, dcn: parseDcnConfig, itemPopularity: parseItemPopularityConfig };
const everyModel = taskKinds.flatMap((taskKind) => modelNames(taskKind).map((name) => ({ taskKind, name })));

describe('benchmarkModel', () => {
  test.each(taskKinds)('has all models and baselines for %s tasks', (taskKind) => {
    expect(modelNames(taskKind)).toEqual(
      expect.arrayContaining(['film', 'soft', 'linear', 'sigmoid', 'dcn', 'dcn-f', 'itempop']),
    );
  });

  test.each(everyModel)('gives $name a valid recipe for $taskKind tasks', ({ taskKind, name }) => {
    const { kind, config, options } = benchmarkModel(taskKind, name);
    expect(() => parsers[kind](config)).not.toThrow();
    const { episodes } = parseTrainingOptions(options);
    // Users have labels to predict, and scenarios have none.
    if (kind !== 'itemPopularity') expect(episodes.negatives === 'none').toBe(taskKind === 'USER');
  });

  test.each([
    ['film-paper', { encoder: 'gru', hybrid: 'dot', modulation: 'film' }],
    ['soft-paper', { encoder: 'gru', hybrid: 'dot', modulation: 'softModules' }],
    ['sigmoid-paper', { encoder: 'gru', hybrid: 'dot', modulation: 'sigmoid' }],
    ['se-dot', { encoder: 'gru', hybrid: 'dot', modulation: 'linear' }],
    ['se-mlp', { encoder: 'gru', hybrid: 'mlp', modulation: 'linear' }],
    ['se', { encoder: 'gru', hybrid: 'none', modulation: 'linear' }],
    ['pe', { encoder: 'meanPool', hybrid: 'none', modulation: 'linear' }],
    ['non-negative', { encoder: 'meanPool', hybrid: 'none', modulation: 'linear' }],
  ])('has the variant %s of the paper’s ablations', (name, variant) => {
    expect(parseCmmlConfig(benchmarkModel('SCENARIO', name).config)).toMatchObject(variant);
    expect(ablationModels).toContain(name);
  });

  test('gives the encoder negatives in every ablation but `non-negative`', () => {
    for (const name of ablationModels) {
      const { episodes } = parseTrainingOptions(benchmarkModel('SCENARIO', name).options);
      expect(episodes.negatives).toBe(name === 'non-negative' ? 'query' : 'both');
    }
  });

  test.each(['melu', 'toString', ''])('refuses the unknown name "%s" and lists all names', (name) => {
    expect(() => benchmarkModel('USER', name)).toThrow(
      expect.objectContaining({
        code: 'INVALID_CONFIGURATION',
        message: `models: expected one of ${modelNames('USER').join(', ')}, got "${name}"`,
      }),
    );
  });
});
