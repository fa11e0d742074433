import { parseModelConfig, type RecommenderKind } from '../models/recommenders.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { defaultRecipes, recipesByKind } from './default-recipes.ts';
import type { TrainingOptionsInput } from './training-options.ts';
import type { TrainingRecipe } from './training-recipe.ts';

/** What is to be other than it is by default. */
export interface RecipeWishes {
  readonly kind?: RecommenderKind | undefined;
  readonly config?: object;
  readonly options?: object;
}

/** The default recipe of a task kind, or that of a model kind, with changes. Throws as `changeRecipe` does. */
export function recipeFor(taskKind: TaskKind, { kind, ...changes }: RecipeWishes): TrainingRecipe {
  return changeRecipe(recipesByKind[taskKind][kind ?? defaultRecipes[taskKind].kind], changes);
}

/**
 * A recipe with changes; what they do not name stays, in objects within objects, too. Factors belong to ids, so a model
 * that is to have them gets ids of users and items; and an objective that tells positives from negatives gets support and
 * query sets that have both. Throws INVALID_CONFIGURATION when the model's configuration is wrong.
 */
export function changeRecipe(
  { kind, ids, ...base }: TrainingRecipe,
  changes: Omit<RecipeWishes, 'kind'>,
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

/** Fields of `changes` instead of those of `base`, and of objects within objects likewise; lists are replaced. */
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
