import type { Engine } from '../engine/engine.ts';
import type { ModelArtifact } from '../models/recommender.ts';
import { loadRecommender } from '../models/recommenders.ts';
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
import type { TaskKind, TrainingData } from '../tasks/training-data.ts';
import { checkRecipe } from '../training/check-recipe.ts';
import { train } from '../training/train.ts';
import type { TrainingRecipe } from '../training/training-recipe.ts';
import type { TrainingProgress } from '../training/training-request.ts';
import { prepareScenarioTraining } from './prepare-scenario-training.ts';
import { prepareUserTraining } from './prepare-user-training.ts';
import type { Measurement, PreparedTraining, PrepareTraining } from './prepared-training.ts';

export interface ModelTrainingRequest {
  readonly taskKind: TaskKind;
  readonly recipe: TrainingRecipe;
  /** Of more users a random sample is read. */
  readonly mostUsers?: number | undefined;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

/** `metrics` are those stored with the version. */
export interface ModelTrainingReport extends Measurement {
  readonly taskKind: TaskKind;
  readonly version: ModelVersionSummary;
  readonly trainedTasks: number;
  readonly heldOutTasks: number;
  readonly eligibleTasks: number;
  readonly epochs: number;
}

const preparations: Record<TaskKind, PrepareTraining> = {
  USER: prepareUserTraining,
  SCENARIO: prepareScenarioTraining,
};

const progressInterval = 1000;
/** Milliseconds; parameters are megabytes. */
const publishing = { maxWait: 30_000, timeout: 60_000 };

/**
 * Trains a model of user or scenario tasks on what is stored, measures it on tasks held out, stores it as a new version
 * and promotes it. Where what is held out is missed elsewhere, a second training on everything makes the version that is
 * stored, with the measurement of the first. The run is recorded from its start, and marked as failed when it throws; a recipe that is wrong in
 * itself throws INVALID_CONFIGURATION before.
 */
export async function trainModel(
  { database, engine }: { database: TransactionalDatabase; engine: Engine },
  { taskKind, recipe, mostUsers, signal, onProgress }: ModelTrainingRequest,
): Promise<ModelTrainingReport> {
  const options = checkRecipe(recipe);
  const { seed } = options;
  const run = await startTrainingRun(database, {
    taskKind,
    config: { ...recipe, options },
    seed,
    engine: engine.name,
  });
  try {
    const prepared = await preparations[taskKind](database, { recipe, options, mostUsers });
    const trainOn = (data: TrainingData) =>
      train({
        ...recipe,
        data,
        engine,
        ...(signal && { signal }),
        onProgress: reporter(database, run.id, onProgress),
      });
    const measured = await trainOn(prepared.data);
    const measurement = await measure(prepared, measured.artifact, engine);
    const served = prepared.whole ? await trainOn(prepared.whole) : measured;
    const version = await publish(database, run.id, taskKind, served.artifact, measurement);
    const { trainingTasks, validationTasks, epochs } = served;
    const { heldOutTasks, eligibleTasks } = prepared;
    const trainedTasks = trainingTasks + validationTasks;
    return { taskKind, version, ...measurement, trainedTasks, heldOutTasks, eligibleTasks, epochs };
  } catch (error) {
    await failTrainingRun(database, run.id, error instanceof Error ? error.message : String(error));
    throw error;
  }
}

async function measure(
  { heldOutTasks, measure }: PreparedTraining,
  artifact: ModelArtifact,
  engine: Engine,
): Promise<Measurement> {
  if (heldOutTasks === 0) return { metrics: {}, metricsUnadapted: {} };
  const recommender = await loadRecommender(artifact, engine);
  try {
    return await measure(recommender);
  } finally {
    recommender.dispose();
  }
}

/** All at once: a version that serves has a run that succeeded. */
function publish(
  database: TransactionalDatabase,
  runId: number,
  taskKind: TaskKind,
  artifact: ModelArtifact,
  { metrics }: Measurement,
): Promise<ModelVersionSummary> {
  return database.$transaction(async (transaction) => {
    const saved = await saveModelVersion(transaction, taskKind, artifact, metrics);
    await finishTrainingRun(transaction, runId, saved.id, metrics);
    await promoteModelVersion(transaction, saved);
    return saved;
  }, publishing);
}

/** Passes progress on at once, and stores it as often as somebody might look. */
function reporter(database: Database, runId: number, onProgress: ModelTrainingRequest['onProgress']) {
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
