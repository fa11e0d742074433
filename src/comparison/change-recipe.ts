import { parseModelConfig } from '../models/recommenders.ts';
import { mergeSettings } from '../training/recipe-for.ts';
import type { TrainingOptionsInput } from '../training/training-options.ts';
import type { TrainingRecipe } from '../training/training-recipe.ts';
import type { ComparisonRequest } from './comparison-request.ts';

/**
 * A recipe with the changes that a comparison asks for; what they do not name stays, in objects within objects, too.
 * Item popularity has nothing to configure, and stands beside changed models as it is. Throws INVALID_CONFIGURATION when
 * the configuration is wrong.
 */
export function changeRecipe(
  recipe: TrainingRecipe,
  { config = {}, options = {}, epochs }: Pick<ComparisonRequest, 'config' | 'options' | 'epochs'>,
): TrainingRecipe {
  const { kind, ids } = recipe;
  const changed = kind === 'itemPopularity' ? recipe.config : mergeSettings(recipe.config, config);
  const { embedding = 'features' } = parseModelConfig(kind, changed);
  const more = { ...options, ...(epochs !== undefined && { epochs }) };
  return {
    kind,
    // Factors belong to ids.
    ids: embedding === 'features' ? ids : ['user', 'item'],
    config: changed,
    options: mergeSettings(recipe.options, more) as TrainingOptionsInput,
  };
}
