import { changeRecipe } from '../training/recipe-for.ts';
import type { TrainingRecipe } from '../training/training-recipe.ts';
import { comparedModel } from './compared-models.ts';
import type { ComparisonRequest } from './comparison-request.ts';

/**
 * How a model is made in a comparison. Item popularity has nothing to configure, and stands beside changed models as it
 * is. Throws INVALID_CONFIGURATION when there is no such model, or its configuration is wrong.
 */
export function requestedRecipe(
  {
    taskKind,
    config,
    options,
    epochs,
  }: Pick<ComparisonRequest, 'taskKind' | 'config' | 'options' | 'epochs'>,
  name: string,
): TrainingRecipe {
  const recipe = comparedModel(taskKind, name);
  return changeRecipe(recipe, {
    ...(config && recipe.kind !== 'itemPopularity' && { config }),
    options: { ...options, ...(epochs !== undefined && { epochs }) },
  });
}
