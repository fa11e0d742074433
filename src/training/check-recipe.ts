import { WarmstartError } from '../errors.ts';
import { type ObjectiveKind, objectives } from '../models/objectives.ts';
import { parseModelConfig } from '../models/recommenders.ts';
import type { NegativeSampling } from '../tasks/sample-episode.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { parseTrainingOptions, type TrainingOptions } from './training-options.ts';
import type { TrainingRecipe } from './training-recipe.ts';

/**
 * The training options of a recipe, completed. Throws INVALID_CONFIGURATION, naming the field, for whatever is wrong with
 * the recipe that can be known before there are data.
 */
export function checkRecipe({ kind, config, options }: TrainingRecipe): TrainingOptions {
  const parsed = parseTrainingOptions(options);
  const { objective } = parseModelConfig(kind, config);
  if (objective) checkObjective(objective, parsed.episodes.negatives);
  return parsed;
}

/** All objectives but the squared error compare positives with negatives. Throws INVALID_CONFIGURATION where there are none. */
export function checkObjective(objective: ObjectiveKind, negatives: NegativeSampling): void {
  if (negatives !== 'none' || objectives[objective].standardisesLabels) return;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `objective: "${objective}" tells positives from negatives; expected episodes.negatives to be "query" or "both", got "none"`,
    { field: ['objective'] },
  );
}

/** The pairs of scenarios are all positives. Throws INVALID_CONFIGURATION where they are to have no negatives. */
export function checkNegatives(taskKind: TaskKind, negatives: NegativeSampling): void {
  if (taskKind === 'USER' || negatives !== 'none') return;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    'episodes.negatives: expected "query" or "both" for tasks that are scenarios, whose pairs are all positives, got "none"',
    { field: ['episodes', 'negatives'] },
  );
}
