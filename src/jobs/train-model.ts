import type { Pool } from 'pg';
import type { Engine } from '../engine/engine.ts';
import type { ModelArtifact } from '../models/recommender.ts';
import { loadRecommender } from '../models/recommenders.ts';
import {
  type ModelVersionSummary,
  promoteModelVersion,
  saveModelVersion,
} from '../registry/model-registry.ts';
import { addLogLine } from '../registry/training-events.ts';
import type { RunAttempt } from '../registry/training-queue.ts';
import { finishTrainingRun } from '../registry/training-runs.ts';
import { abortableDatabase } from '../store/abortable-database.ts';
import type { TransactionalDatabase } from '../store/database.ts';
import type { TaskKind, TrainingData } from '../tasks/training-data.ts';
import { checkRecipe } from '../training/check-recipe.ts';
import { type TrainingResult, train } from '../training/train.ts';
import type { TrainingRecipe } from '../training/training-recipe.ts';
import type { TrainingProgress } from '../training/training-request.ts';
import { endOwnedRun } from './end-owned-run.ts';
import { OwnedRun } from './owned-run.ts';
import { prepareScenarioTraining } from './prepare-scenario-training.ts';
import { prepareUserTraining } from './prepare-user-training.ts';
import type { Measurement, PreparedTraining, PrepareTraining } from './prepared-training.ts';
import { abortableRecommender, untilAborted } from './until-aborted.ts';

export interface TrainingServices {
  readonly database: TransactionalDatabase;
  readonly pool: Pool;
  readonly engine: Engine;
}

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

/** Milliseconds; parameters are megabytes. */
const publishing = { maxWait: 30_000, timeout: 60_000 };

/**
 * Trains a model of user or scenario tasks on what is stored, measures it on tasks held out, stores it as a new version
 * and promotes it. Where what is held out is missed elsewhere, a second training on everything makes the version that is
 * stored, with the measurement of the first. The run is recorded from its start, as one of the command line, and marked as
 * failed when it throws; a recipe that is wrong in itself throws INVALID_CONFIGURATION before.
 */
export async function trainModel(
  services: TrainingServices,
  request: ModelTrainingRequest,
): Promise<ModelTrainingReport> {
  const { taskKind, recipe, mostUsers = null } = request;
  const options = checkRecipe(recipe);
  const content = { taskKind, config: { ...recipe, options }, seed: options.seed, mostUsers };
  const owned = await OwnedRun.begin(services, content);
  try {
    return await trainOwnedRun(services, owned, request);
  } catch (error) {
    await endOwnedRun(services.database, owned, error);
    throw error;
  } finally {
    await owned.release();
  }
}

/** The same for a run that this process owns. What is to be recorded when it throws is the caller's. */
export async function trainOwnedRun(
  { database, engine }: TrainingServices,
  owned: OwnedRun,
  { taskKind, recipe, mostUsers, signal: given, onProgress }: ModelTrainingRequest,
): Promise<ModelTrainingReport> {
  const { run, journal } = owned;
  const options = checkRecipe(recipe);
  const signal = given ? AbortSignal.any([owned.signal, given]) : owned.signal;
  const trainOn = (data: TrainingData) =>
    train({
      ...recipe,
      data,
      engine,
      signal,
      onProgress(progress) {
        owned.report(progress);
        onProgress?.(progress);
      },
    });
  await owned.enter('LOADING', 'reading what is stored');
  const reading = abortableDatabase(database, signal);
  const prepared = await untilAborted(
    signal,
    preparations[taskKind](reading, { recipe, options, mostUsers }),
  );
  journal.log(describeRead(prepared));
  if (prepared.whole) journal.beginTraining('measured');
  const measured = await trainOn(prepared.data);
  journal.endTraining();
  journal.log(describeTrained(measured));
  await owned.enter('MEASURING', `measuring on ${prepared.heldOutTasks} tasks held out`);
  const measurement = await untilAborted(signal, measure(prepared, measured.artifact, engine, signal));
  journal.log(describeMeasured(measurement));
  const served = prepared.whole ? await trainAgain(owned, trainOn, prepared.whole) : measured;
  await owned.enter('PUBLISHING', 'storing the model version');
  signal.throwIfAborted();
  await owned.rest();
  const version = await publish(database, run, taskKind, served.artifact, measurement);
  const { trainingTasks, validationTasks, epochs } = served;
  const { heldOutTasks, eligibleTasks } = prepared;
  const trainedTasks = trainingTasks + validationTasks;
  return { taskKind, version, ...measurement, trainedTasks, heldOutTasks, eligibleTasks, epochs };
}

async function trainAgain(
  { journal }: OwnedRun,
  trainOn: (data: TrainingData) => Promise<TrainingResult>,
  whole: TrainingData,
): Promise<TrainingResult> {
  journal.beginTraining('served');
  journal.log('training again, on all that is stored');
  const served = await trainOn(whole);
  journal.endTraining();
  journal.log(describeTrained(served));
  return served;
}

function describeRead({ data, heldOutTasks, eligibleTasks }: PreparedTraining): string {
  const read = `${data.tasks.length} tasks to train on and ${heldOutTasks} held out, of ${eligibleTasks} with enough interactions`;
  return `read ${read}; ${data.users.rows} users, ${data.items.rows} items`;
}

function describeTrained({ epochs, bestEpoch, validationLoss }: TrainingResult): string {
  const kept = validationLoss === undefined ? '' : `, the validation loss ${validationLoss.toFixed(4)}`;
  return epochs === 0 ? 'counted interactions' : `trained ${epochs} epochs; kept epoch ${bestEpoch}${kept}`;
}

function describeMeasured({ metrics }: Measurement): string {
  const shown = Object.entries(metrics).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
  return `measured: ${shown.join(', ') || 'too few tasks'}`;
}

async function measure(
  { heldOutTasks, measure }: PreparedTraining,
  artifact: ModelArtifact,
  engine: Engine,
  signal: AbortSignal,
): Promise<Measurement> {
  if (heldOutTasks === 0) return { metrics: {}, metricsUnadapted: {} };
  const recommender = await loadRecommender(artifact, engine);
  try {
    return await measure(abortableRecommender(recommender, signal));
  } finally {
    recommender.dispose();
  }
}

/** All at once: a version that serves has a run that succeeded, and the run still was its owner's. */
function publish(
  database: TransactionalDatabase,
  run: RunAttempt,
  taskKind: TaskKind,
  artifact: ModelArtifact,
  { metrics }: Measurement,
): Promise<ModelVersionSummary> {
  return database.$transaction(async (transaction) => {
    const saved = await saveModelVersion(transaction, taskKind, artifact, metrics);
    await finishTrainingRun(transaction, run, saved.id, metrics);
    await promoteModelVersion(transaction, saved);
    await addLogLine(transaction, run.id, 'it serves from now on');
    return saved;
  }, publishing);
}
