import type { Engine } from '../engine/engine.ts';
import type { Metrics } from '../evaluation/measurement.ts';
import { countStored } from '../registry/data-snapshot.ts';
import { defaultPromotionMargin } from '../registry/promotion-rule.ts';
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
import { measureVersion } from './measure-version.ts';
import { prepareScenarioTraining } from './prepare-scenario-training.ts';
import { prepareUserTraining } from './prepare-user-training.ts';
import type { PrepareTraining } from './prepared-training.ts';
import { type PublishedVersion, publishVersion } from './publish-version.ts';

export interface ModelTrainingRequest {
  readonly taskKind: TaskKind;
  readonly recipe: TrainingRecipe;
  /** Of more users a random sample is read. */
  readonly mostUsers?: number | undefined;
  /** How much worse than the active version the new one may be and still serve, as a share; 0.01 unless told. */
  readonly promotionMargin?: number | undefined;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

/** `metrics` are those stored with the version. */
export interface ModelTrainingReport extends PublishedVersion {
  readonly taskKind: TaskKind;
  readonly metrics: Metrics;
  readonly metricsUnadapted: Metrics;
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

/**
 * Trains a model of user or scenario tasks on what is stored, measures it on tasks held out, stores it as a new version
 * and, unless it is worse than the active one, promotes it. Where what is held out is missed elsewhere, a second training on everything makes the version that is
 * stored, with the measurement of the first. The run is recorded from its start, and marked as failed when it throws; a recipe that is wrong in
 * itself throws INVALID_CONFIGURATION before.
 */
export async function trainModel(
  { database, engine }: { database: TransactionalDatabase; engine: Engine },
  {
    taskKind,
    recipe,
    mostUsers,
    promotionMargin = defaultPromotionMargin,
    signal,
    onProgress,
  }: ModelTrainingRequest,
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
    const stored = await countStored(database);
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
    const { artifact } = measured;
    const measurement = await measureVersion({ database, engine }, { taskKind, prepared, artifact, signal });
    const served = prepared.whole ? await trainOn(prepared.whole) : measured;
    const { metrics, metricsUnadapted } = measurement;
    const { heldOutTasks, eligibleTasks } = prepared;
    const trainedTasks = served.trainingTasks + served.validationTasks;
    const published = await publishVersion(database, {
      taskKind,
      artifact: served.artifact,
      measurement,
      dataSnapshot: { ...stored, trainedTasks, heldOutTasks },
      promotionMargin,
      finish: (transaction, versionId) => finishTrainingRun(transaction, run.id, versionId, metrics),
    });
    const { epochs } = served;
    return {
      taskKind,
      ...published,
      metrics,
      metricsUnadapted,
      trainedTasks,
      heldOutTasks,
      eligibleTasks,
      epochs,
    };
  } catch (error) {
    await failTrainingRun(database, run.id, error instanceof Error ? error.message : String(error));
    throw error;
  }
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
