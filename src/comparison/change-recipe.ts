import type { TrainingOptionsInput } from '../training/training-options.ts';
import type { TrainingRecipe } from '../training/training-recipe.ts';
import type { ComparisonRequest } from './comparison-request.ts';

/** A recipe with the changes that a comparison asks for; of `episodes`, too, what is not named stays. */
export function changeRecipe(
  recipe: TrainingRecipe,
  { config, options, epochs }: Pick<ComparisonRequest, 'config' | 'options' | 'epochs'>,
): TrainingRecipe {
  const changes = (options ?? {}) as TrainingOptionsInput;
  return {
    ...recipe,
    config: { ...recipe.config, ...config },
    options: {
      ...recipe.options,
      ...changes,
      ...(epochs !== undefined && { epochs }),
      episodes: { ...recipe.options.episodes, ...changes.episodes },
    },
  };
}
