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

/**
 * The default recipe of a task kind, or that of a model kind, with changes. Factors belong to ids, so a model that is to
 * have them gets ids of users and items; and an objective that tells positives from negatives gets support and query sets
 * that have both. Throws INVALID_CONFIGURATION when the model's configuration is wrong.
 */
export function recipeFor(taskKind: TaskKind, changes: RecipeWishes): TrainingRecipe {
  const kind = changes.kind ?? defaultRecipes[taskKind].kind;
  const base = recipesByKind[taskKind][kind];
  const config = mergeSettings(base.config, changes.config ?? {});
  const { objective = 'mse', embedding = 'features' } = parseModelConfig(kind, config);
  const implied = objective === 'mse' ? {} : { episodes: { negatives: 'both' } };
  return {
    kind,
    ids: embedding === 'features' ? base.ids : ['user', 'item'],
    config,
    options: [implied, base.options, changes.options ?? {}].reduce<object>(
      mergeSettings,
      {},
    ) as TrainingOptionsInput,
  };
}

/** Fields of `changes` instead of those of `base`, and of objects within objects likewise; lists are replaced. */
export function mergeSettings(base: object, changes: object): object {
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
