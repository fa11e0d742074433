import { WarmstartError } from '../common/errors.ts';
import type { DropoutOptions } from '../tasks/drop-features.ts';
import { type EpisodeOptions, queryPlaces, supportPlaces } from '../tasks/episode-options.ts';
import { holdOut, markHeldOut, splitTasks, type TaskSplit } from '../tasks/held-out.ts';
import { type NegativeSource, SeenItems } from '../tasks/negatives.ts';
import { randomSource } from '../tasks/random.ts';
import type { TrainingData } from '../tasks/training-data.ts';
import { type BatchSource, episodeBatches } from './batch-source.ts';
import { pretrainFactors } from './pretrain-factors.ts';
import { startModel } from './start-model.ts';
import type { CountedModel, TrainableModel } from './trainable-model.ts';
import type { TrainingOptions } from './training-options.ts';
import { checkTasks } from './training-recipe.ts';
import type { TrainingRequest } from './training-request.ts';

/** Everything that is decided before the first step. */
export interface TrainingPlan<Model = TrainableModel> {
  readonly options: TrainingOptions;
  /** The data, with the pairs marked that only query sets may have. */
  readonly data: TrainingData;
  readonly tasks: TaskSplit;
  readonly model: Model;
  /** Makes new batches. Training and validation have their own: only training drops features. */
  readonly batches: (dropout?: DropoutOptions) => BatchSource;
}

/** Random streams, one for each purpose, so that more draws for one purpose do not change another. */
export const randomStreams = { split: 1, training: 2, validation: 3 } as const;

/** Throws INVALID_CONFIGURATION and INVALID_DATA, see `train`. */
export async function planTraining(request: TrainingRequest): Promise<TrainingPlan<TrainableModel | CountedModel>> {
  const { recipe, data, engine, signal, onProgress } = request;
  const { options } = recipe;
  const { seed, episodes, tasksPerStep, validationShare } = options;
  const { minimumPairs } = episodes;
  checkTasks(data.taskKind, recipe);
  const tasks = splitTasks(data, { minimumPairs, validationShare }, randomSource(seed, randomStreams.split));
  // Meta-learning needs at least two tasks.
  if (tasks.training.length < 2) throw tooFewTasks(data, options);
  const isHeldOut = holdOut(options.heldOutShare, seed);
  const pretrain = (factorWidth: number) =>
    pretrainFactors(data, {
      options: { ...options.factors, factors: factorWidth, seed },
      isHeldOut,
      signal,
      onProgress: (fraction) => onProgress?.({ phase: 'factors', fraction }),
    });
  const model = await startModel(recipe, data, { engine, signal, onProgress, pretrain });
  const marked =
    model.holdsOut && options.heldOutShare > 0
      ? { ...data, tasks: data.tasks.map((task) => markHeldOut(task, isHeldOut)) }
      : data;
  const size = {
    tasks: tasksPerStep,
    support: supportPlaces(episodes),
    query: queryPlaces(episodes),
    userPerPair: data.taskKind === 'SCENARIO',
  };
  const source = { data: marked, episodes, negatives: negativeSource(data, episodes) };
  const batches = (dropout?: DropoutOptions) => {
    const ofEpisodes = () => episodeBatches(size, { ...source, dropout });
    return model.batches ? model.batches(ofEpisodes, dropout) : ofEpisodes();
  };
  return { options, data: marked, tasks, model, batches };
}

/** Returns the items that negatives are drawn from, or `undefined` if episodes have no negatives. */
function negativeSource(data: TrainingData, { negatives }: EpisodeOptions): NegativeSource | undefined {
  return negatives === 'none' ? undefined : { items: data.items.rows, seen: new SeenItems(data) };
}

function tooFewTasks(data: TrainingData, { episodes }: TrainingOptions): WarmstartError {
  const longest = data.tasks.reduce((max, { items }) => Math.max(max, items.length), 0);
  const tasks = data.taskKind === 'USER' ? 'users' : 'scenarios';
  return new WarmstartError(
    'INVALID_DATA',
    `Expected at least 2 ${tasks} with at least ${episodes.minimumPairs} interactions to train on, got ${data.tasks.length} ` +
      `${tasks} with at most ${longest}; import more, or lower episodes.minimumPairs.`,
  );
}
