import { describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { parseCmmlConfig } from '../../src/models/cmml/cmml-config.ts';
import { parseListConfig } from '../../src/models/cmml/lists/list-config.ts';
import { parseConetConfig } from '../../src/models/conet/conet-config.ts';
import { parseDcnConfig } from '../../src/models/dcn/dcn-config.ts';
import { parseTanpConfig } from '../../src/models/tanp/tanp-config.ts';
import { recipeFor } from '../../src/training/recipe-for.ts';
import { train } from '../../src/training/train.ts';
import { parseRecipe } from '../../src/training/training-recipe.ts';
import { tasteConfig, tasteData, tasteOptions } from './taste-data.ts';

describe('parseRecipe', () => {
  test.each([
    ['CMML', 'cmml', { objective: 'mse' }, parseCmmlConfig({})],
    ['CMML that ranks the catalog', 'cmml', {}, parseListConfig({ objective: 'softmax' })],
    ['DCN', 'dcn', {}, parseDcnConfig({})],
    ['TaNP', 'tanp', {}, parseTanpConfig({})],
    ['CoNet', 'conet', {}, parseConetConfig({})],
  ] as const)('gives %s every field of the configuration but those that training sets', (_, kind, changes, all) => {
    const { config } = recipeFor('USER', { kind, config: changes });
    const setByTraining = [
      'supportLimit',
      'support',
      ...['labels', 'positiveFrom', 'types', 'amounts', 'ages'].filter((name) => name in all),
    ];
    expect([...Object.keys(config), ...setByTraining].sort()).toEqual(Object.keys(all).sort());
  });

  test('keeps the given fields next to the defaults, also in nested objects', () => {
    const changes = { config: { objective: 'mse', attention: { heads: 2 }, supportLimit: 7 }, options: { epochs: 3 } };
    const { config, options } = recipeFor('USER', changes);
    expect(config).toMatchObject({ attention: { heads: 2, width: 64 }, supportLimit: 7, gruWidth: 256 });
    expect(config).not.toHaveProperty('labels');
    expect(options).toMatchObject({ epochs: 3, patience: 5, episodes: { supportPairs: 90 } });
  });

  test('gives item popularity an empty configuration', () => {
    expect(recipeFor('USER', { kind: 'itemPopularity' }).config).toEqual({});
  });

  test('changes nothing in a complete recipe', () => {
    const complete = recipeFor('SCENARIO', {});
    expect(parseRecipe(JSON.parse(JSON.stringify(complete)))).toEqual(complete);
  });

  test('gives a recipe that trains the same model', async () => {
    const options = { ...tasteOptions, epochs: 1 };
    const recipe = recipeFor('USER', { config: { objective: 'mse', ...tasteConfig }, options });
    const [data, engine] = [tasteData(40, 1), await openEngine('wasm')];
    const { artifact } = await train({ recipe, data, engine });
    const completed = await train({ recipe: parseRecipe(JSON.parse(JSON.stringify(recipe))), data, engine });
    expect(completed.artifact).toEqual(artifact);
    expect(artifact.config).toMatchObject({ supportLimit: 12, support: 'labels' });
    expect((artifact.config as { labels: { mean: number } }).labels.mean).not.toBe(0);
  });

  const check = (config: object, options: object) => () => parseRecipe({ kind: 'cmml', config, options });

  test('gives a model with factors the IDs of users and items', () => {
    expect(parseRecipe({ kind: 'dcn', config: { embedding: 'factors' } }).ids).toEqual(['user', 'item']);
    expect(parseRecipe({ kind: 'dcn' }).ids).toEqual([]);
  });

  test('refuses longer support sets than a model can be configured for, unless the recipe limits them', () => {
    const episodes = { supportPairs: 5001, negatives: 'both' };
    expect(check({}, { episodes })).toThrow(/supportLimit: .*at most 10000 .*got 10002/);
    expect(check({ supportLimit: 10_000 }, { episodes })).not.toThrow();
    expect(check({}, { episodes: { ...episodes, supportPairs: 5000 } })).not.toThrow();
  });

  test.each([
    [{ kind: 'svd' }, /The recipe is wrong: kind: .*"svd"/],
    [{ kind: 'cmml', ids: ['scenario'] }, /ids\.0: .*"scenario"/],
    [null, /The recipe is wrong: /],
  ])('refuses the stored recipe %p', (stored, message) => {
    expect(() => parseRecipe(stored)).toThrow(message);
  });

  test('refuses invalid training options and names the field', () => {
    expect(check({}, { episodes: { supportPairs: 0 } })).toThrow(/episodes\.supportPairs: .*got 0/);
  });

  test('refuses an objective that ranks without negatives', () => {
    expect(check({ objective: 'hinge' }, {})).toThrow(
      'objective: "hinge" compares positives with negatives; expected episodes.negatives to be "query" or "both", got "none"',
    );
  });

  test.each(['maml', 's2meta'])(
    'refuses support sets without negatives for the steps of %s, if the objective ranks',
    (kind) => {
      const recipe = (negatives: string) => ({
        kind,
        config: { objective: 'bpr' },
        options: { episodes: { negatives } },
      });
      expect(() => parseRecipe(recipe('query'))).toThrow(
        'objective: "bpr" compares positives with negatives; expected episodes.negatives to be "both", got "query"',
      );
      expect(parseRecipe(recipe('both'))).toMatchObject({ kind });
    },
  );
});
