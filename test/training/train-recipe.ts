import { type TrainingResult, train } from '../../src/training/train.ts';
import { parseRecipe, type TrainingRecipe } from '../../src/training/training-recipe.ts';
import type { TrainingRequest } from '../../src/training/training-request.ts';

/** A training request with the fields of an unparsed recipe. */
export type RecipeRequest = Omit<TrainingRequest, 'recipe'> & Pick<TrainingRecipe, 'kind'> & Partial<TrainingRecipe>;

/** Returns the request with its recipe parsed. */
export function parsedRequest({ kind, ids, config, options, ...request }: RecipeRequest): TrainingRequest {
  return { ...request, recipe: parseRecipe({ kind, ids, config, options }) };
}

/** Parses a recipe and trains it. */
export async function trainRecipe(request: RecipeRequest): Promise<TrainingResult> {
  return train(parsedRequest(request));
}
