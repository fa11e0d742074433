import { describe, expect, test } from '@jest/globals';
import { defaultRecipes, recipesByKind } from '../../src/training/default-recipes.ts';
import { recipeFor } from '../../src/training/recipe-for.ts';
import { checkRecipe } from '../../src/training/training-recipe.ts';

describe('recipeFor', () => {
  test('with no wishes is the default', () => {
    for (const taskKind of ['USER', 'SCENARIO'] as const) {
      expect(recipeFor(taskKind, {})).toEqual(defaultRecipes[taskKind]);
    }
  });

  test('every default is a recipe that can be trained', () => {
    for (const recipes of Object.values(recipesByKind)) {
      for (const [kind, recipe] of Object.entries(recipes)) {
        expect(recipe.kind).toBe(kind);
        expect(() => checkRecipe(recipe)).not.toThrow();
      }
    }
  });

  test('changes what is named, within objects too, and leaves the rest', () => {
    const { config, options } = recipeFor('SCENARIO', {
      config: { softModules: { modules: 3 }, hyperWidths: [8, 8, 8] },
      options: { episodes: { supportPairs: 7 } },
    });
    const base = recipesByKind.SCENARIO.cmml;
    const before = base.config as { softModules: object };
    expect(config).toEqual({
      ...before,
      hyperWidths: [8, 8, 8],
      softModules: { ...before.softModules, modules: 3 },
    });
    expect(options).toEqual({ ...base.options, episodes: { ...base.options.episodes, supportPairs: 7 } });
  });

  test('another kind has that kind’s recipe', () => {
    expect(recipeFor('SCENARIO', { kind: 'dcn' })).toEqual(recipesByKind.SCENARIO.dcn);
    expect(recipeFor('USER', { kind: 'itemPopularity' })).toEqual(recipesByKind.USER.itemPopularity);
  });

  test('an objective that ranks brings negatives along, unless they are asked for otherwise', () => {
    const negatives = (options: object) =>
      recipeFor('USER', { config: { objective: 'bpr' }, options }).options.episodes?.negatives;
    expect(negatives({})).toBe('both');
    expect(negatives({ episodes: { negatives: 'query' } })).toBe('query');
    expect(recipeFor('USER', { config: { objective: 'mse' } }).options.episodes?.negatives).toBeUndefined();
  });

  test('factors bring ids of users and items along', () => {
    expect(recipeFor('USER', { config: { embedding: 'both' } }).ids).toEqual(['user', 'item']);
  });

  test('refuses a configuration that is wrong, naming the field', () => {
    expect(() => recipeFor('USER', { config: { encoder: 'lstm' } })).toThrow(
      /encoder: .*"meanPool"\|"maxPool"\|"gru"\|"attention", got "lstm"/,
    );
    expect(() => recipeFor('USER', { kind: 'itemPopularity', config: { encoder: 'gru' } })).toThrow(
      /ItemPop is wrong: .*encoder/,
    );
  });
});
