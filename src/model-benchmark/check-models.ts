import { WarmstartError } from '../common/errors.ts';
import { parseModelConfig } from '../models/recommenders.ts';
import { checkEpisodes, checkRecipe } from '../training/check-recipe.ts';
import { parseTrainingOptions } from '../training/training-options.ts';
import type { ComparisonRequest } from './comparison-request.ts';
import { requestedRecipe } from './requested-recipe.ts';

/** Throws INVALID_CONFIGURATION when one of the models cannot be what is asked for, before any of them is trained. */
export function checkModels(
  models: readonly string[],
  request: Pick<ComparisonRequest, 'taskKind' | 'config' | 'options' | 'epochs'>,
): void {
  parseTrainingOptions(request.options ?? {});
  for (const name of models) {
    const recipe = requestedRecipe(request, name);
    const options = checkRecipe(recipe);
    const { episodes } = options;
    const { objective = 'mse' } = parseModelConfig(recipe.kind, recipe.config);
    if (request.taskKind === 'SCENARIO')
      expectField('episodes.negatives', ['query', 'both'], episodes.negatives);
    else {
      expectField('objective', ['mse'], objective);
      expectField('episodes.negatives', ['none'], episodes.negatives);
    }
    checkEpisodes(request.taskKind, options);
  }
  for (const field of ['seed', 'historyLimit']) {
    if (request.options && field in request.options)
      throw new WarmstartError('INVALID_CONFIGURATION', fixed(field));
  }
}

/** Users are compared by the ratings that are predicted for them, and scenarios by what is found in them. */
function expectField(field: string, allowed: readonly string[], got: string): void {
  if (allowed.includes(got)) return;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `${field}: expected ${allowed.join(' or ')} in this comparison, got "${got}"`,
  );
}

function fixed(field: string): string {
  return `--options: ${field} is part of how models are compared and cannot be changed; --seeds says how often each is trained`;
}
