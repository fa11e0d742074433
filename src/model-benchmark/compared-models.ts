import { WarmstartError } from '../common/errors.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import type { TrainingRecipe } from '../training/training-recipe.ts';
import { scenarioModels } from './scenario-models.ts';
import { userModels } from './user-models.ts';

/** What can be compared in each setting, by the name that results give it. */
const comparedModels: Record<TaskKind, Readonly<Record<string, TrainingRecipe>>> = {
  USER: userModels,
  SCENARIO: scenarioModels,
};

/**
 * The rows of the paper's tables 4 and 9, encoders and hybrids, and of table 5, modulations; the last of the former,
 * `se-dot`, is the first of the latter, linear modulation.
 */
export const ablationModels = [
  'non-negative',
  'pe',
  'se',
  'se-mlp',
  'se-dot',
  'sigmoid-paper',
  'film-paper',
  'soft-paper',
] as const;

export function modelNames(taskKind: TaskKind): string[] {
  return Object.keys(comparedModels[taskKind]);
}

/** Throws INVALID_CONFIGURATION that lists the names there are. */
export function comparedModel(taskKind: TaskKind, name: string): TrainingRecipe {
  const models = comparedModels[taskKind];
  if (Object.hasOwn(models, name)) return models[name] as TrainingRecipe;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `models: expected names out of ${modelNames(taskKind).join(', ')}, got "${name}"`,
  );
}
