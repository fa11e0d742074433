import { describe, expect, test } from '@jest/globals';
import {
  ablationModels,
  benchmarkModel,
  comparedByDefault,
  modelNames,
  type Protocol,
  protocols,
} from '../../src/model-benchmark/benchmark-models.ts';
import { parseCmmlConfig } from '../../src/models/cmml/cmml-config.ts';
import { parseModelConfig } from '../../src/models/recommenders.ts';
import { taskKinds } from '../../src/tasks/training-data.ts';
import { defaultRecipes } from '../../src/training/default-recipes.ts';
import { parseTrainingOptions } from '../../src/training/training-options.ts';
import type { TrainingRecipe } from '../../src/training/training-recipe.ts';

const everyModel = protocols.flatMap((protocol) => modelNames(protocol).map((name) => ({ protocol, name })));

function recipe(protocol: Protocol, name: string): TrainingRecipe {
  const model = benchmarkModel(protocol, name);
  if ('kind' in model) return model;
  throw new Error(`expected ${name} to have a recipe`);
}

describe('benchmarkModel', () => {
  test.each(taskKinds)('has all models and baselines for %s tasks', (taskKind) => {
    expect(modelNames(taskKind)).toEqual(
      expect.arrayContaining([
        'film',
        'soft',
        'linear',
        'sigmoid',
        'dcn',
        'dcn-f',
        'itempop',
        'melu-paper',
        'tanp-paper',
      ]),
    );
  });

  test.each(everyModel)('gives $name of the protocol $protocol a valid recipe, or none', ({ protocol, name }) => {
    if (name === 'content-knn') return expect(benchmarkModel(protocol, name)).not.toHaveProperty('kind');
    const { kind, config, options } = recipe(protocol, name);
    expect(() => parseModelConfig(kind, config)).not.toThrow();
    const { episodes } = parseTrainingOptions(options);
    // Users have labels to predict, and scenarios have none.
    if (kind !== 'itemPopularity' && protocol !== 'LISTS')
      expect(episodes.negatives === 'none').toBe(protocol === 'USER');
  });

  test('drops features and IDs in training, except as in the paper', () => {
    for (const { protocol, name } of everyModel.filter(({ name }) => name !== 'content-knn')) {
      const { featureDropout, idDropout } = parseTrainingOptions(recipe(protocol, name).options);
      const isPaper = name.endsWith('-paper') || (ablationModels as readonly string[]).includes(name);
      expect([name, featureDropout > 0, idDropout > 0]).toEqual([name, !isPaper, !isPaper]);
    }
  });

  test.each(protocols)('compares models that exist by default in the protocol %s', (protocol) => {
    expect(modelNames(protocol)).toEqual(expect.arrayContaining([...comparedByDefault(protocol)]));
  });

  test('compares lists of the default model with those of the four simple ones', () => {
    expect(benchmarkModel('LISTS', 'linear')).toEqual(defaultRecipes.USER);
    expect(comparedByDefault('LISTS')).toEqual(['linear', 'itempop', 'item-knn', 'ials', 'ease']);
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
    expect(parseCmmlConfig(recipe('SCENARIO', name).config)).toMatchObject(variant);
    expect(ablationModels).toContain(name);
  });

  test('starts the biases of FiLM and sigmoid modulation at 0.1 for scenarios, as the authors did for MovieLens', () => {
    const startOf = (name: string) => parseCmmlConfig(recipe('SCENARIO', name).config).biasStart;
    expect(['film-paper', 'sigmoid-paper', 'se-dot', 'film'].map(startOf)).toEqual([0.1, 0.1, 0, 0]);
  });

  test('gives the encoder negatives in every ablation but `non-negative`', () => {
    for (const name of ablationModels) {
      const { episodes } = parseTrainingOptions(recipe('SCENARIO', name).options);
      expect(episodes.negatives).toBe(name === 'non-negative' ? 'query' : 'both');
    }
  });

  test.each(['item2vec', 'toString', ''])('refuses the unknown name "%s" and lists all names', (name) => {
    expect(() => benchmarkModel('USER', name)).toThrow(
      expect.objectContaining({
        code: 'INVALID_CONFIGURATION',
        message: `models: expected one of ${modelNames('USER').join(', ')}, got "${name}"`,
      }),
    );
  });
});
