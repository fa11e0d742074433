import { WarmstartError } from '../common/errors.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { changeRecipe } from '../training/recipe-for.ts';
import { checkEpisodes, type ParsedRecipe } from '../training/training-recipe.ts';
import { type Baseline, benchmarkModel, type Protocol } from './benchmark-models.ts';
import type { DatasetTables } from './dataset-tables.ts';
import type { ListsOptions } from './lists-experiment.ts';

/** What to measure. It is plain data, because each model is measured in a process of its own. */
export interface BenchmarkRequest {
  readonly taskKind: TaskKind;
  /** Measures lists of all items for users instead of predicted ratings. */
  readonly lists?: ListsOptions;
  /** The folder of a published dataset, several folders as the domains of scenario models, or a dataset in memory. */
  readonly data: string | readonly string[] | DatasetTables;
  /** A file like `ratings.csv`. Its users test, and all users of the folder train. */
  readonly testRatings?: string;
  /** A file like `scenarios.csv`. Its scenarios test, and all scenarios of the folder train. */
  readonly testScenarios?: string;
  /** How many times each model is trained, with consecutive seeds. */
  readonly seeds: number;
  /** Default: 1. */
  readonly firstSeed?: number;
  /** Determines which tasks test, unless a file does, and the split of each test task. */
  readonly splitSeed: number;
  /**
   * Maximum number of a test user's ratings that models are shown to predict others. Default: all but the predicted.
   */
  readonly shown?: number;
  /** The share of the training users whose ratings train, more than 0. Default: 1. */
  readonly trainingShare?: number;
  /** Maximum number of passes over the training tasks. Default: each model's own. */
  readonly epochs?: number;
  /** Changes to the configuration of every model. */
  readonly config?: object;
  /** Changes to the training options of every model. */
  readonly options?: object;
}

type ModelRequest = Pick<BenchmarkRequest, 'taskKind' | 'lists' | 'config' | 'options' | 'epochs'>;

export function protocolOf({
  taskKind,
  lists,
}: {
  readonly taskKind: TaskKind;
  readonly lists?: ListsOptions | undefined;
}): Protocol {
  return lists ? 'LISTS' : taskKind;
}

/** Returns the folders of a request; `undefined` for a dataset in memory. */
export function foldersOf({ data }: Pick<BenchmarkRequest, 'data'>): readonly string[] | undefined {
  if (typeof data === 'string') return [data];
  return 'fields' in data ? undefined : data;
}

/** A model as it is measured: its parsed recipe, or a baseline without one. */
export type RequestedModel = ParsedRecipe | Baseline;

/**
 * Returns a model with the requested changes. Changes to the configuration leave out item popularity, and a model
 * without a recipe has nothing to change. Throws INVALID_CONFIGURATION if there is no model of this name, or if its
 * configuration is invalid.
 */
export function requestedModel({ config, options, epochs, ...request }: ModelRequest, name: string): RequestedModel {
  const model = benchmarkModel(protocolOf(request), name);
  if (!('kind' in model)) return model;
  return changeRecipe(model, {
    ...(config && model.kind !== 'itemPopularity' && { config }),
    options: { ...options, ...(epochs !== undefined && { epochs }) },
  });
}

/** Throws INVALID_CONFIGURATION if any of the models cannot be trained as requested. Trains nothing. */
export function checkModels(models: readonly string[], request: ModelRequest): void {
  for (const name of models) {
    const model = requestedModel(request, name);
    if (!('kind' in model)) continue;
    const { config, options } = model;
    const { episodes } = options;
    const protocol = protocolOf(request);
    if (protocol === 'SCENARIO') expectField('episodes.negatives', ['query', 'both'], episodes.negatives);
    if (protocol === 'USER') {
      // A model that ranks the catalog is measured by what its rating head predicts.
      if ('ratingHead' in config) checkRatingHead(config.ratingHead.width);
      else if ('objective' in config) expectField('objective', ['mse'], config.objective);
      expectField('episodes.negatives', ['none'], episodes.negatives);
    }
    checkEpisodes(request.taskKind, options);
  }
  for (const field of ['seed', 'historyLimit']) {
    if (request.options && field in request.options)
      throw new WarmstartError(
        'INVALID_CONFIGURATION',
        `--options: ${field} cannot be changed, because it would change what is measured; --seeds sets how many times each model is trained`,
      );
  }
}

function checkRatingHead(width: number): void {
  if (width > 0) return;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    'ratingHead.width: expected at least 1, got 0; without it, the model predicts no ratings that could be measured',
  );
}

/** Users are measured by their predicted ratings, and scenarios by their ranked items. */
function expectField(field: string, allowed: readonly string[], got: string): void {
  if (allowed.includes(got)) return;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `${field}: expected ${allowed.join(' or ')} for these tasks, got "${got}"`,
  );
}
