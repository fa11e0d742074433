import type { RecommenderKind } from '../models/recommenders.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { defaultRecipes, recipesByKind, userCmml } from './default-recipes.ts';
import { parseTrainingOptions, type TrainingOptions } from './training-options.ts';
import {
  checkObjectiveFor,
  joinRecipe,
  type ParsedRecipe,
  parseModel,
  type RecipeModel,
  type TrainingRecipe,
} from './training-recipe.ts';

/** Changes to a default recipe. */
export interface RecipeChanges {
  readonly kind?: RecommenderKind | undefined;
  readonly config?: object;
  readonly options?: object;
}

/**
 * Returns the default recipe of a task kind, or of a model kind, with changes. Throws like `checkObjectiveFor` and
 * `changeRecipe`.
 */
export function recipeFor(taskKind: TaskKind, { kind, ...changes }: RecipeChanges): ParsedRecipe {
  // First, because the fields of a scenario's recipe would all be unknown to a model with that objective.
  checkObjectiveFor(taskKind, { config: changes.config ?? {} });
  return changeRecipe(defaultRecipe(taskKind, kind, objectiveOf(changes.config)), changes);
}

/**
 * Returns the default recipe of a task kind, or of a model kind for it. CMML for users ranks the catalog unless another
 * objective is asked for, and then has a recipe of its own.
 */
export function defaultRecipe(
  taskKind: TaskKind,
  kind: RecommenderKind = defaultRecipes[taskKind].kind,
  objective: unknown = 'softmax',
): TrainingRecipe {
  if (taskKind === 'USER' && kind === 'cmml' && objective !== 'softmax') return userCmml({});
  return recipesByKind[taskKind][kind];
}

/** Returns the objective that changes to a configuration ask for, if they name one. */
export function objectiveOf(changes: object = {}): unknown {
  return 'objective' in changes ? changes.objective : undefined;
}

/**
 * Returns a recipe with changes. Nested objects are merged, so all fields that the changes do not name stay. Throws
 * INVALID_CONFIGURATION like `parseRecipe`.
 *
 * Two changes imply others: a model with factors gets the IDs of users and items, and an objective that compares
 * positives with negatives gets negatives in both sets and drops fewer features.
 */
export function changeRecipe(recipe: TrainingRecipe, changes: Omit<RecipeChanges, 'kind'>): ParsedRecipe {
  const model = changeModel(recipe, changes.config);
  return joinRecipe(model, changeOptions(recipe, model, changes.options));
}

/** The first half of `changeRecipe`: returns the model of a recipe with changes to its configuration. */
export function changeModel({ kind, ids, config }: TrainingRecipe, changes: object = {}): RecipeModel {
  return parseModel(kind, ids, mergeSettings(config, changes));
}

/** The second half of `changeRecipe`: returns the options of a recipe for the changed model, with changes to them. */
export function changeOptions(recipe: TrainingRecipe, { config }: RecipeModel, changes: object = {}): TrainingOptions {
  const comparesPairs = 'objective' in config && config.objective !== 'mse' && config.objective !== 'softmax';
  const implied = comparesPairs ? ofComparedPairs : {};
  return parseTrainingOptions([implied, recipe.options, changes].reduce<object>(mergeSettings, {}));
}

/**
 * The options that an objective implies if it compares positives with negatives. Its lists for users without features
 * do not get better with more dropped features (decision 13).
 */
const ofComparedPairs = { episodes: { negatives: 'both' }, featureDropout: 0.01, idDropout: 0 } as const;

/**
 * Returns `base` with the fields of `changes`. Nested objects are merged, and lists are replaced. A field named
 * `__proto__` is a field like any other.
 */
function mergeSettings(base: object, changes: object): object {
  const merged = new Map<string, unknown>(Object.entries(base));
  for (const [name, value] of Object.entries(changes)) {
    const old = merged.get(name);
    merged.set(name, isPlainObject(old) && isPlainObject(value) ? mergeSettings(old, value) : value);
  }
  return Object.fromEntries(merged);
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
