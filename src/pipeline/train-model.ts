import type { Pool } from 'pg';
import type { Engine } from '../engine/engine.ts';
import type { Metrics } from '../evaluation/measure-by-history.ts';
import type { ModelArtifact } from '../models/recommender.ts';
import { countStored, type DataSnapshot } from '../registry/data-snapshot.ts';
import { type ModelVersionSummary, saveModelVersion } from '../registry/model-registry.ts';
import { promoteByRule } from '../registry/promotion.ts';
import { defaultPromotionMargin } from '../registry/promotion-rule.ts';
import { namedMetrics } from '../registry/version-evaluation.ts';
import { endOwnedRun, OwnedRun } from '../runs/owned-run.ts';
import { addLogLine } from '../runs/training-events.ts';
import { finishTrainingRun } from '../runs/training-runs.ts';
import { abortableDatabase } from '../store/abortable-database.ts';
import type { Database, PromotionDecision, TransactionalDatabase } from '../store/database.ts';
import type { TaskKind, TrainingData } from '../tasks/training-data.ts';
import { type TrainingResult, train } from '../training/train.ts';
import {
  checkEpisodes,
  checkRecipe,
  completeRecipe,
  type TrainingRecipe,
} from '../training/training-recipe.ts';
import type { TrainingProgress } from '../training/training-request.ts';
import { measureVersion, type VersionMeasurement } from './measure-version.ts';
import { prepareScenarioTraining } from './prepare-scenario-training.ts';
import { prepareUserTraining } from './prepare-user-training.ts';
import type { PreparedTraining, PrepareTraining } from './prepared-training.ts';

export interface TrainingServices {
  readonly database: TransactionalDatabase;
  readonly pool: Pool;
  readonly engine: Engine;
}

export interface ModelTrainingRequest {
  readonly taskKind: TaskKind;
  readonly recipe: TrainingRecipe;
  /** Of more users a random sample trains; with tasks of scenarios nothing of others is read. */
  readonly maxUsers?: number | undefined;
  /** How much worse than the best that served since a person chose the new one may be and still serve, as a share; 0.01 unless told. */
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

/**
 * Trains a model of user or scenario tasks on what is stored, measures it on tasks held out, stores it as a new version
 * and, unless it is worse than the active one, promotes it. Where what is held out is missed elsewhere, a second training on
 * everything makes the version that is stored, with the measurement of the first. The run is recorded from its start, as one of the
 * command line, and marked as failed when it throws; a recipe that is wrong in itself throws INVALID_CONFIGURATION before.
 */
export async function trainModel(
  services: TrainingServices,
  request: ModelTrainingRequest,
): Promise<ModelTrainingReport> {
  const { taskKind, recipe, maxUsers = null } = request;
  const config = completeRecipe(recipe);
  const content = { taskKind, config, seed: config.options.seed, maxUsers };
  const owned = await OwnedRun.begin(services, content);
  try {
    return await trainOwnedRun(services, owned, request);
  } catch (error) {
    // Why it ended matters more than that the database, too, was gone; a sweeper sees to the run then.
    await endOwnedRun(services.database, owned, error).catch(() => {});
    throw error;
  } finally {
    await owned.release();
  }
}

/** The same for a run that this process owns. What is to be recorded when it throws is the caller's. */
export async function trainOwnedRun(
  { database, engine }: TrainingServices,
  owned: OwnedRun,
  request: ModelTrainingRequest,
): Promise<ModelTrainingReport> {
  const { taskKind, recipe, maxUsers, promotionMargin = defaultPromotionMargin } = request;
  const { run, journal } = owned;
  const options = checkRecipe(recipe);
  checkEpisodes(taskKind, options);
  const signal = request.signal ? AbortSignal.any([owned.signal, request.signal]) : owned.signal;
  const trainOn = (data: TrainingData) =>
    train({
      ...recipe,
      data,
      engine,
      signal,
      onProgress(progress) {
        owned.report(progress);
        request.onProgress?.(progress);
      },
    });
  await owned.enter('LOADING', 'reading what is stored');
  const reading = abortableDatabase(database, signal);
  const stored = await untilAborted(signal, countStored(reading));
  const prepared = await untilAborted(signal, preparations[taskKind](reading, { recipe, options, maxUsers }));
  const { heldOutTasks, eligibleTasks } = prepared;
  journal.log(describeRead(prepared));
  if (prepared.whole) journal.beginTraining('measured');
  const measured = await trainOn(prepared.data);
  journal.endTraining();
  journal.log(describeTrained(measured));
  await owned.enter('MEASURING', `measuring on ${heldOutTasks} tasks held out`);
  const { artifact } = measured;
  const measuring = measureVersion({ database: reading, engine }, { taskKind, prepared, artifact, signal });
  const measurement = await untilAborted(signal, measuring);
  const { metrics, metricsUnadapted } = measurement;
  journal.log(describeMeasured(metrics));
  const served = prepared.whole ? await trainAgain(owned, trainOn, prepared.whole) : measured;
  await owned.enter('PUBLISHING', 'storing the model version');
  signal.throwIfAborted();
  await owned.stopStoring();
  const trainedTasks = served.trainingTasks + served.validationTasks;
  const published = await publishVersion(database, {
    taskKind,
    artifact: served.artifact,
    measurement,
    dataSnapshot: { ...stored, trainedTasks, heldOutTasks },
    promotionMargin,
    finish: (transaction, versionId) => finishTrainingRun(transaction, run, versionId, metrics),
  });
  const { promoted, reason } = published.decision;
  await addLogLine(
    database,
    run.id,
    `${promoted ? 'it serves from now on' : 'it does not serve'}: ${reason}`,
  );
  const { epochs } = served;
  const counts = { trainedTasks, heldOutTasks, eligibleTasks, epochs };
  return { taskKind, ...published, metrics, metricsUnadapted, ...counts };
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

function describeMeasured(metrics: Metrics): string {
  const shown = namedMetrics(metrics).map(({ name, value }) => `${name} ${Number(value.toPrecision(4))}`);
  return `measured: ${shown.join(', ') || 'too few tasks'}`;
}

export interface PublishVersionRequest {
  readonly taskKind: TaskKind;
  readonly artifact: ModelArtifact;
  readonly measurement: VersionMeasurement;
  readonly dataSnapshot: DataSnapshot;
  /** How much worse than the best that served since a person chose the new one may be and still serve, as a share. */
  readonly promotionMargin: number;
  /** Records in the same transaction that the training made this version; throws where it must not any more. */
  readonly finish: (transaction: Database, versionId: number) => Promise<void>;
}

export interface PublishedVersion {
  readonly version: ModelVersionSummary;
  readonly decision: PromotionDecision;
}

/** Milliseconds; parameters are megabytes. */
const publishing = { maxWait: 30_000, timeout: 60_000 };

/** Stores a version, the end of its training and the decision whether it serves, all at once: a version that serves has a run that succeeded. */
export function publishVersion(
  database: TransactionalDatabase,
  { taskKind, artifact, measurement, dataSnapshot, promotionMargin, finish }: PublishVersionRequest,
): Promise<PublishedVersion> {
  const { metrics, evaluation, incumbent } = measurement;
  return database.$transaction(async (transaction) => {
    const version = await saveModelVersion(transaction, taskKind, artifact, metrics, {
      evaluation,
      dataSnapshot,
    });
    await finish(transaction, version.id);
    const rule = { metrics, measured: incumbent, margin: promotionMargin };
    return { version, decision: await promoteByRule(transaction, version, rule) };
  }, publishing);
}

/** Settles as `work` does, or, once the signal is aborted, at once with its reason; nobody hears of the rest of `work` then. */
export function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
