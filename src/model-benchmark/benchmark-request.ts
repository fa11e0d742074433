import { WarmstartError } from '../common/errors.ts';
import { parseModelConfig } from '../models/recommenders.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { changeRecipe } from '../training/recipe-for.ts';
import { parseTrainingOptions } from '../training/training-options.ts';
import { checkEpisodes, checkRecipe, type TrainingRecipe } from '../training/training-recipe.ts';
import { benchmarkModel } from './benchmark-models.ts';

/** What to compare. Plain data, since each model is measured in a process of its own. */
export interface BenchmarkRequest {
  readonly taskKind: TaskKind;
  /** A MovieLens folder. */
  readonly data: string;
  /** A file like `ratings.csv`: its users test, and all those of the folder train. */
  readonly testRatings?: string;
  /** A file like `scenarios.csv`: its scenarios test, and all those of the folder train. */
  readonly testScenarios?: string;
  /** How often each model is trained, with seeds from 1. */
  readonly seeds: number;
  /** Determines which tasks test where no file says so, and how each is divided. */
  readonly splitSeed: number;
  /** Most passes over the training tasks, instead of each model's own number. */
  readonly epochs?: number;
  /** Changes to the configuration and to the training options of every model. */
  readonly config?: object;
  readonly options?: object;
}

/**
 * How a model is made in a comparison. Item popularity has nothing to configure, and stands beside changed models as it
 * is. Throws INVALID_CONFIGURATION when there is no such model, or its configuration is wrong.
 */
export function requestedRecipe(
  { taskKind, config, options, epochs }: Pick<BenchmarkRequest, 'taskKind' | 'config' | 'options' | 'epochs'>,
  name: string,
): TrainingRecipe {
  const recipe = benchmarkModel(taskKind, name);
  return changeRecipe(recipe, {
    ...(config && recipe.kind !== 'itemPopularity' && { config }),
    options: { ...options, ...(epochs !== undefined && { epochs }) },
  });
}

/** Throws INVALID_CONFIGURATION when one of the models cannot be what is asked for, before any of them is trained. */
export function checkModels(
  models: readonly string[],
  request: Pick<BenchmarkRequest, 'taskKind' | 'config' | 'options' | 'epochs'>,
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
