import { describe, expect, test } from '@jest/globals';
import { defaultRecipes, recipesByKind } from '../../src/training/default-recipes.ts';
import { recipeFor } from '../../src/training/recipe-for.ts';
import { type ParsedRecipe, parseRecipe } from '../../src/training/training-recipe.ts';

describe('recipeFor', () => {
  test('returns the default recipe without changes', () => {
    for (const taskKind of ['USER', 'SCENARIO'] as const) {
      expect(recipeFor(taskKind, {})).toEqual(parseRecipe(defaultRecipes[taskKind]));
    }
  });

  test('the default for users ranks the catalog, learns from whole histories, and has no negatives', () => {
    const { kind, config, options } = recipeFor('USER', {});
    expect({ kind, config }).toMatchObject({ kind: 'cmml', config: { objective: 'softmax', modulation: 'linear' } });
    expect(options.historyLimit).toBe(10_000);
    expect(options.episodes.negatives).toBe('none');
  });

  test('another objective for users starts from its own recipe, which has none of the fields of lists', () => {
    const { config, options } = recipeFor('USER', { config: { objective: 'mse' } });
    expect(config).toMatchObject({ objective: 'mse', encoder: 'meanPool' });
    expect(config).not.toHaveProperty('vectorWidth');
    expect(options).toEqual(parseRecipe({ kind: 'cmml', config: { objective: 'mse' } }).options);
  });

  test('refuses the fields of other objectives if the model ranks the catalog, and names these objectives', () => {
    expect(() => recipeFor('USER', { config: { encoder: 'gru' } })).toThrow(
      'The configuration of CMML is wrong: encoder: only the objectives "mse", "bce", "hinge", "bpr" have this field, and the objective is "softmax", the default for users.',
    );
    expect(() => recipeFor('USER', { config: { color: 'red' } })).toThrow(
      'The configuration of CMML is wrong: Unrecognized key: "color".',
    );
  });

  test('refuses to rank the catalog for scenarios, at the objective alone', () => {
    expect(() => recipeFor('SCENARIO', { config: { objective: 'softmax' } })).toThrow(
      'objective: "softmax" ranks the catalog for users; expected "hinge", "bpr", "bce" or "mse" for scenarios',
    );
  });

  test('every default recipe passes its check', () => {
    for (const recipes of Object.values(recipesByKind)) {
      for (const [kind, recipe] of Object.entries(recipes)) {
        expect(recipe.kind).toBe(kind);
        expect(() => parseRecipe(recipe)).not.toThrow();
      }
    }
  });

  test('changes only the named fields, also in nested objects', () => {
    const { config, options } = recipeFor('SCENARIO', {
      config: { softModules: { modules: 3 }, hyperWidths: [8, 8, 8] },
      options: { episodes: { supportPairs: 7 } },
    });
    const base = parseRecipe(recipesByKind.SCENARIO.cmml);
    const before = base.config as { softModules: object };
    expect(config).toEqual({
      ...before,
      hyperWidths: [8, 8, 8],
      softModules: { ...before.softModules, modules: 3 },
    });
    expect(options).toEqual({ ...base.options, episodes: { ...base.options.episodes, supportPairs: 7 } });
  });

  test('returns the recipe of another kind of model', () => {
    expect(recipeFor('SCENARIO', { kind: 'dcn' })).toEqual(parseRecipe(recipesByKind.SCENARIO.dcn));
    expect(recipeFor('USER', { kind: 'itemPopularity' })).toEqual(parseRecipe(recipesByKind.USER.itemPopularity));
  });

  test('an objective that ranks implies negatives in both sets, unless the changes say otherwise', () => {
    const negatives = (options: object) =>
      recipeFor('USER', { config: { objective: 'bpr' }, options }).options.episodes.negatives;
    expect(negatives({})).toBe('both');
    expect(negatives({ episodes: { negatives: 'query' } })).toBe('query');
    expect(recipeFor('USER', { config: { objective: 'mse' } }).options.episodes.negatives).toBe('none');
  });

  test('an objective that ranks implies few dropped features for users, but not for scenarios', () => {
    const dropout = ({ options: { featureDropout, idDropout } }: ParsedRecipe) => [featureDropout, idDropout];
    expect(dropout(recipeFor('USER', { config: { objective: 'bpr' } }))).toEqual([0.01, 0]);
    expect(dropout(recipeFor('USER', { config: { objective: 'bpr' }, options: { idDropout: 0.1 } }))).toEqual([
      0.01, 0.1,
    ]);
    expect(dropout(recipeFor('USER', { config: { objective: 'mse' } }))).toEqual([0.05, 0.05]);
    expect(dropout(recipeFor('SCENARIO', {}))).toEqual([0.05, 0.05]);
  });

  test('factors imply the IDs of users and items', () => {
    expect(recipeFor('USER', { config: { objective: 'mse', embedding: 'both' } }).ids).toEqual(['user', 'item']);
  });

  test('refuses an invalid configuration and names the field', () => {
    expect(() => recipeFor('USER', { config: { objective: 'mse', encoder: 'lstm' } })).toThrow(
      'encoder: expected one of "meanPool", "maxPool", "gru", "attention", got "lstm"',
    );
    expect(() => recipeFor('USER', { kind: 'itemPopularity', config: { encoder: 'gru' } })).toThrow(
      /ItemPop is wrong: .*encoder/,
    );
  });
});
