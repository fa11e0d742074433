import type { Engine } from '../engine/engine.ts';
import { evaluateRatings } from '../evaluation/evaluate-ratings.ts';
import { loadRecommender, type RecommenderKind } from '../models/recommenders.ts';
import {
  type ModelVersionSummary,
  promoteModelVersion,
  saveModelVersion,
} from '../registry/model-registry.ts';
import {
  failTrainingRun,
  finishTrainingRun,
  reportProgress,
  startTrainingRun,
} from '../registry/training-runs.ts';
import type { Database, TransactionalDatabase } from '../store/database.ts';
import { type LoadTrainingDataOptions, loadTrainingData } from '../tasks/load-training-data.ts';
import { randomSource } from '../tasks/random.ts';
import { splitTasks } from '../tasks/split-tasks.ts';
import type { TrainingData } from '../tasks/training-data.ts';
import { train } from '../training/train.ts';
import { parseTrainingOptions, type TrainingOptions } from '../training/training-options.ts';
import type { TrainingProgress } from '../training/training-request.ts';

export type { TrainingProgress };

export interface UserTrainingRequest {
  readonly kind: RecommenderKind;
  /** Of the model; completed with its defaults. */
  readonly config?: object;
  /** A `TrainingOptionsInput`; completed with defaults. */
  readonly options?: object;
  readonly mostUsers?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

type Metrics = Readonly<Record<string, number>>;

export interface UserTrainingReport {
  readonly version: ModelVersionSummary;
  /** On users held out from the training. */
  readonly metrics: Metrics;
  /** On the same users and items, had they rated nothing before: what adapting to them is worth. */
  readonly metricsWithoutRatings: Metrics;
  readonly trainedUsers: number;
  readonly heldOutUsers: number;
  readonly eligibleUsers: number;
  readonly epochs: number;
}

/** Share of the users whose ratings only measure the trained model. */
const heldOutShare = 0.1;
const heldOutStream = 17;
const progressInterval = 1000;
/** Milliseconds; parameters are megabytes. */
const publishing = { maxWait: 30_000, timeout: 60_000 };

/**
 * Trains a model of user tasks on the stored ratings, measures it on users held out, stores it as a new version and
 * promotes it. The run is recorded from its start, and marked as failed when it throws.
 */
export async function trainUserModel(
  { database, engine }: { database: TransactionalDatabase; engine: Engine },
  request: UserTrainingRequest,
): Promise<UserTrainingReport> {
  const options = parseTrainingOptions(request.options ?? {});
  const { seed } = options;
  const config = { kind: request.kind, config: request.config ?? {}, options };
  const run = await startTrainingRun(database, { taskKind: 'USER', config, seed, engine: engine.name });
  try {
    const { data, heldOut, eligibleUsers } = await loadSplit(database, options, request);
    const onProgress = reporter(database, run.id, request.onProgress);
    const result = await train({ ...request, data, engine, onProgress });
    const { withRatings: metrics, withoutRatings } = await measure(result.artifact, heldOut, engine, options);
    const version = await database.$transaction(async (transaction) => {
      const saved = await saveModelVersion(transaction, 'USER', result.artifact, metrics);
      await finishTrainingRun(transaction, run.id, saved.id, metrics);
      await promoteModelVersion(transaction, saved);
      return saved;
    }, publishing);
    const { trainingTasks, validationTasks, epochs } = result;
    const trainedUsers = trainingTasks + validationTasks;
    return {
      version,
      metrics,
      metricsWithoutRatings: withoutRatings,
      trainedUsers,
      heldOutUsers: heldOut.tasks.length,
      eligibleUsers,
      epochs,
    };
  } catch (error) {
    await failTrainingRun(database, run.id, error instanceof Error ? error.message : String(error));
    throw error;
  }
}

async function loadSplit(
  database: Database,
  { seed, episodes, historyLimit }: TrainingOptions,
  { mostUsers }: UserTrainingRequest,
): Promise<{ data: TrainingData; heldOut: TrainingData; eligibleUsers: number }> {
  const { minimumPairs } = episodes;
  const load: LoadTrainingDataOptions = { minimumPairs, historyLimit, mostUsers, seed };
  const { eligibleUsers, ...data } = await loadTrainingData(database, load);
  const share = { minimumPairs, validationShare: heldOutShare };
  const { training, validation } = splitTasks(data, share, randomSource(seed, heldOutStream));
  const only = (tasks: Int32Array) => ({
    ...data,
    tasks: Array.from(tasks, (task) => data.tasks[task]!),
  });
  return { data: only(training), heldOut: only(validation), eligibleUsers };
}

async function measure(
  artifact: Parameters<typeof loadRecommender>[0],
  heldOut: TrainingData,
  engine: Engine,
  { seed }: TrainingOptions,
): Promise<{ withRatings: Metrics; withoutRatings: Metrics }> {
  if (heldOut.tasks.length === 0) return { withRatings: {}, withoutRatings: {} };
  const recommender = await loadRecommender(artifact, engine);
  try {
    return {
      withRatings: { ...(await evaluateRatings(recommender, heldOut, { seed })) },
      withoutRatings: { ...(await evaluateRatings(recommender, heldOut, { seed, shownPairs: 0 })) },
    };
  } finally {
    recommender.dispose();
  }
}

/** Passes progress on at once, and stores it as often as somebody might look. */
function reporter(database: Database, runId: number, onProgress: UserTrainingRequest['onProgress']) {
  let stored = 0;
  return (progress: TrainingProgress) => {
    onProgress?.(progress);
    const now = performance.now();
    if (now - stored < progressInterval) return;
    stored = now;
    // What a lost report costs is a stale number, not the training.
    reportProgress(database, runId, progress).catch(() => {});
  };
}
