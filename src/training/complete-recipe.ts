import { parseModelConfig } from '../models/recommenders.ts';
import { checkRecipe } from './check-recipe.ts';
import { setByTraining } from './trainable-model.ts';
import type { TrainingOptions } from './training-options.ts';
import type { TrainingRecipe } from './training-recipe.ts';

/** A recipe of which everything is said. */
export interface CompleteRecipe extends TrainingRecipe {
  readonly options: TrainingOptions;
}

/**
 * A recipe with every default of the model and of the training. What a training finds in its data, or takes from its options, is
 * in the model's configuration only where the recipe gives it. Throws as `checkRecipe` does.
 */
export function completeRecipe(recipe: TrainingRecipe): CompleteRecipe {
  const options = checkRecipe(recipe);
  const { kind, ids, config } = recipe;
  const found: readonly string[] = setByTraining.filter((name) => !(name in config));
  const said = Object.entries(parseModelConfig(kind, config)).filter(([name]) => !found.includes(name));
  return { kind, ids, config: Object.fromEntries(said), options };
}
