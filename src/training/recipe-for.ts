import { parseModelConfig, type RecommenderKind } from '../models/recommenders.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { defaultRecipes, recipesByKind } from './default-recipes.ts';
import type { TrainingOptionsInput } from './training-options.ts';
import type { TrainingRecipe } from './training-recipe.ts';

/** Changes to a default recipe. */
export interface RecipeChanges {
  readonly kind?: RecommenderKind | undefined;
  readonly config?: object;
  readonly options?: object;
}

/** Returns the default recipe of a task kind, or of a model kind, with changes. Throws like `changeRecipe`. */
export function recipeFor(taskKind: TaskKind, { kind, ...changes }: RecipeChanges): TrainingRecipe {
  return changeRecipe(recipesByKind[taskKind][kind ?? defaultRecipes[taskKind].kind], changes);
}

/**
 * Returns a recipe with changes. Nested objects are merged, so all fields that the changes do not name stay.
 *
 * Two changes imply others: a model with factors gets the IDs of users and items, because factors belong to IDs, and an
 * objective that compares positives with negatives gets negatives in both sets. Throws INVALID_CONFIGURATION if the
 * model's configuration is invalid.
 */
export function changeRecipe(
  { kind, ids, ...base }: TrainingRecipe,
  changes: Omit<RecipeChanges, 'kind'>,
): TrainingRecipe {
  const config = mergeSettings(base.config, changes.config ?? {});
  const { objective = 'mse', embedding = 'features' } = parseModelConfig(kind, config);
  const implied = objective === 'mse' ? {} : { episodes: { negatives: 'both' } };
  const options = [implied, base.options, changes.options ?? {}].reduce<object>(mergeSettings, {});
  return {
    kind,
    ids: embedding === 'features' ? ids : ['user', 'item'],
    config,
    options: options as TrainingOptionsInput,
  };
}

/** Returns `base` with the fields of `changes`. Nested objects are merged, and lists are replaced. */
function mergeSettings(base: object, changes: object): object {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(changes)) {
    const old = merged[name];
    merged[name] = isPlainObject(old) && isPlainObject(value) ? mergeSettings(old, value) : value;
  }
  return merged;
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
