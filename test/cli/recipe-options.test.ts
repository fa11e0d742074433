import { describe, expect, test } from '@jest/globals';
import { Command } from 'commander';
import { addRecipeOptions, recipeOf } from '../../src/cli/recipe-options.ts';
import { defaultRecipes, userCmml } from '../../src/training/default-recipes.ts';
import { parseRecipe } from '../../src/training/training-recipe.ts';

function parse(...args: readonly string[]) {
  const command = addRecipeOptions(new Command('train'))
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return recipeOf(command.parse(args, { from: 'user' }).opts());
}

describe('the options of a recipe', () => {
  test('give the default recipe without any option', () => {
    const { taskKind, recipe } = parse();
    expect(taskKind).toBe('USER');
    expect(recipe).toEqual(parseRecipe(defaultRecipes.USER));
    expect(recipe.config).toMatchObject({ objective: 'softmax', modulation: 'linear' });
  });

  test('give the recipe of CMML that predicts ratings with --objective mse', () => {
    const { recipe } = parse('--objective', 'mse', '--encoder', 'gru');
    expect(recipe).toEqual(parseRecipe(userCmml({ objective: 'mse', encoder: 'gru' })));
  });

  test('override --config and --options, which override the default', () => {
    const { taskKind, recipe } = parse(
      ...['--task', 'scenario', '--encoder', 'attention', '--config', '{"encoder": "gru", "gruWidth": 7}'],
      ...['--epochs', '3', '--options', '{"epochs": 9, "patience": 2}', '--seed', '5'],
    );
    expect(taskKind).toBe('SCENARIO');
    const byDefault = parseRecipe(defaultRecipes.SCENARIO);
    expect(recipe.config).toEqual({ ...byDefault.config, encoder: 'attention', gruWidth: 7 });
    expect(recipe.options).toEqual({ ...byDefault.options, epochs: 3, patience: 2, seed: 5 });
  });

  test.each<[string, string[], RegExp]>([
    ['an unknown task', ['--task', 'item'], /--task .*'item' is invalid.*user, scenario/],
    ['an unknown kind', ['--kind', 'svd'], /--kind .*cmml, dcn, maml, s2meta, tanp, conet, itemPopularity/],
    ['an unknown encoder', ['--encoder', 'x'], /--encoder .*meanPool, maxPool, gru, attention/],
    ['an unknown hybrid', ['--hybrid', 'x'], /--hybrid .*none, dot, mlp/],
    ['an unknown modulation', ['--modulation', 'x'], /--modulation .*linear, sigmoid, film, softModules/],
    ['an unknown objective', ['--objective', 'x'], /--objective .*mse, bce, hinge, bpr, softmax/],
    ['an unknown embedding', ['--embedding', 'x'], /--embedding .*features, factors, both/],
    ['a configuration that is not JSON', ['--config', '{'], /--config .*expected JSON/],
    ['a configuration that is not an object', ['--options', '[1]'], /--options .*expected a JSON object/],
    ['a missing file', ['--config', '@nothing.json'], /--config .*nothing\.json/],
    [
      'a field of the wrong kind',
      ['--objective', 'mse', '--config', '{"gruWidth": "wide"}'],
      /gruWidth: .*number.*, got "wide"/,
    ],
    ['an option out of range', ['--options', '{"learningRate": 0}'], /learningRate: .*got 0/],
    ['an encoder of a model that ranks the catalog', ['--encoder', 'gru'], /CMML is wrong: encoder: only the obj/],
    [
      'the objective of users for scenarios',
      ['--task', 'scenario', '--objective', 'softmax'],
      /^objective: "softmax" ranks the catalog for users; expected "hinge", "bpr", "bce" or "mse" for scenarios$/,
    ],
    ['an encoder of a model without', ['--kind', 'dcn', '--encoder', 'gru'], /DCN is wrong: .*encoder/],
  ])('refuse %s and name the allowed values', (_what, args, message) => {
    expect(() => parse(...args)).toThrow(message);
  });
});
