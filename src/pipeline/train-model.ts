import type { Pool } from 'pg';
import type { RatingScale } from '../catalog/interaction-value.ts';
import { quote } from '../common/errors.ts';
import type { Engine } from '../engine/engine.ts';
import type { Metrics } from '../evaluation/measure-by-history.ts';
import type { IgnoredFeature, OnIgnored } from '../features/readable-features.ts';
import type { ModelArtifact } from '../models/recommender.ts';
import { checkArtifact } from '../registry/check-artifact.ts';
import { countStored, type DataSnapshot } from '../registry/data-snapshot.ts';
import { type ModelVersionSummary, saveModelVersion } from '../registry/model-registry.ts';
import { promoteByRule } from '../registry/promotion.ts';
import { defaultPromotionMargin } from '../registry/promotion-rule.ts';
import { metricsInWords } from '../registry/version-evaluation.ts';
import { endOwnedRun, OwnedRun } from '../runs/owned-run.ts';
import { addLogLine } from '../runs/training-events.ts';
import { finishTrainingRun } from '../runs/training-runs.ts';
import {
  abortableDatabase,
  type Database,
  type PromotionDecision,
  type TransactionalDatabase,
} from '../store/database.ts';
import type { TaskKind, TrainingData } from '../tasks/training-data.ts';
import { type TrainingResult, train } from '../training/train.ts';
import { checkTasks, type ParsedRecipe } from '../training/training-recipe.ts';
import type { TrainingProgress } from '../training/training-request.ts';
import { measureVersion, type VersionMeasurement } from './measure-version.ts';
import { prepareScenarioTraining } from './prepare-scenario-training.ts';
import { prepareUserTraining } from './prepare-user-training.ts';
import type { PreparedTraining, PrepareTraining } from './prepared-training.ts';

export interface TrainingServices {
  readonly database: TransactionalDatabase;
  readonly pool: Pool;
  readonly engine: Engine;
  /** The range of ratings. */
  readonly ratingScale: RatingScale;
}

export interface ModelTrainingRequest {
  readonly taskKind: TaskKind;
  readonly recipe: ParsedRecipe;
  /**
   * Maximum number of users. If there are more, a random sample is used; scenario tasks then read only its
   * interactions.
   */
  readonly maxUsers?: number | undefined;
  /** How much worse the new version can be and still be promoted, as a share, see `decidePromotion`. Default: 0.01. */
  readonly promotionMargin?: number | undefined;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

/** The report of a training. `metrics` are those stored with the version. */
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
 * Trains a model of user or scenario tasks on the stored data, measures it on held-out tasks, stores it as a new
 * version and, unless it is worse than the active version, promotes it. For scenario tasks, a second training on all
 * data makes the stored version, with the metrics of the first. The run is recorded from its start as a run of the
 * command line, and marked as failed if this throws. Throws INVALID_DATA if the model does not score items, see
 * `checkArtifact`.
 */
export async function trainModel(
  services: TrainingServices,
  request: ModelTrainingRequest,
): Promise<ModelTrainingReport> {
  const { taskKind, recipe, maxUsers = null } = request;
  const content = { taskKind, config: recipe, seed: recipe.options.seed, maxUsers };
  const owned = await OwnedRun.begin(services, content);
  try {
    return await trainOwnedRun(services, owned, request);
  } catch (error) {
    // The original error matters more than the database outage. The sweeper handles the run.
    await endOwnedRun(services.database, owned, error).catch(() => {});
    throw error;
  } finally {
    await owned.release();
  }
}

/** Trains a run that this process owns. If it throws, the caller records the end of the run. */
export async function trainOwnedRun(
  { database, engine, ratingScale }: TrainingServices,
  owned: OwnedRun,
  request: ModelTrainingRequest,
): Promise<ModelTrainingReport> {
  const { taskKind, recipe, maxUsers, promotionMargin = defaultPromotionMargin } = request;
  const { run, journal } = owned;
  checkTasks(taskKind, recipe);
  const signal = request.signal ? AbortSignal.any([owned.signal, request.signal]) : owned.signal;
  const trainOn = (data: TrainingData) =>
    train({
      recipe,
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
  const ignored: IgnoredFeatures = { count: 0 };
  const onIgnored: OnIgnored = (feature) => {
    ignored.first ??= feature;
    ignored.count++;
  };
  const preparing = preparations[taskKind](reading, { recipe, maxUsers, ratingScale, onIgnored });
  const prepared = await untilAborted(signal, preparing);
  const { heldOutTasks, eligibleTasks } = prepared;
  journal.log(describeRead(prepared));
  if (ignored.first) journal.log(describeIgnored(ignored.first, ignored.count));
  if (prepared.whole) journal.beginTraining('measured');
  const measured = await trainOn(prepared.data);
  journal.endTraining();
  journal.log(describeTrained(measured));
  await owned.enter('MEASURING', `measuring on ${heldOutTasks} held-out tasks`);
  const { artifact } = measured;
  const measuring = measureVersion({ database: reading, engine }, { taskKind, prepared, artifact, signal });
  const measurement = await untilAborted(signal, measuring);
  const { metrics, metricsUnadapted } = measurement;
  journal.log(describeMeasured(metrics));
  if (measurement.evaluation.lists?.some(({ itemKnn }) => itemKnn === null)) {
    journal.log('item-kNN could not be computed, so the lists are compared with popularity alone');
  }
  const served = prepared.whole ? await trainAgain(owned, trainOn, prepared.whole) : measured;
  await owned.enter('PUBLISHING', 'storing the model version');
  signal.throwIfAborted();
  await checkArtifact(database, engine, served.artifact);
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
    `${promoted ? 'the version is active from now on' : 'the version does not become active'}: ${reason}`,
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
  journal.log('training again on all stored data');
  const served = await trainOn(whole);
  journal.endTraining();
  journal.log(describeTrained(served));
  return served;
}

function describeRead({ data, heldOutTasks, eligibleTasks }: PreparedTraining): string {
  const read = `${data.tasks.length} tasks to train on and ${heldOutTasks} held-out tasks, of ${eligibleTasks} with enough interactions`;
  return `read ${read}; ${data.users.rows} users, ${data.items.rows} items`;
}

interface IgnoredFeatures {
  first?: IgnoredFeature;
  count: number;
}

function describeIgnored({ id, field }: IgnoredFeature, count: number): string {
  const example = `${quote(field.name)} of the ${field.entity} ${quote(id)}, which is not ${field.kind}`;
  return `ignored ${count} stored features whose values are not of their declared kind, such as ${example}`;
}

function describeTrained({ epochs, bestEpoch, validationLoss }: TrainingResult): string {
  const kept = validationLoss === undefined ? '' : `, with a validation loss of ${validationLoss.toFixed(4)}`;
  return epochs === 0 ? 'counted interactions' : `trained ${epochs} epochs; kept epoch ${bestEpoch}${kept}`;
}

function describeMeasured(metrics: Metrics): string {
  return `measured: ${metricsInWords(metrics) || 'too few tasks'}`;
}

export interface PublishVersionRequest {
  readonly taskKind: TaskKind;
  readonly artifact: ModelArtifact;
  readonly measurement: VersionMeasurement;
  readonly dataSnapshot: DataSnapshot;
  /** See `promotionMargin` of the configuration. */
  readonly promotionMargin: number;
  /** Records in the same transaction that the run made this version. Throws if the run is no longer owned. */
  readonly finish: (transaction: Database, versionId: number) => Promise<void>;
}

export interface PublishedVersion {
  readonly version: ModelVersionSummary;
  readonly decision: PromotionDecision;
}

/** Milliseconds. Parameters can have many megabytes. */
const publishing = { maxWait: 30_000, timeout: 60_000 };

/**
 * Stores a version, the end of its run and the promotion decision in one transaction, so that an active version has a
 * successful run.
 */
export function publishVersion(
  database: TransactionalDatabase,
  { taskKind, artifact, measurement, dataSnapshot, promotionMargin, finish }: PublishVersionRequest,
): Promise<PublishedVersion> {
  const { metrics, evaluation, incumbent, servesFrom, listComparisons } = measurement;
  return database.$transaction(async (transaction) => {
    const version = await saveModelVersion(transaction, taskKind, artifact, metrics, {
      evaluation,
      dataSnapshot,
      ...(servesFrom !== undefined && { servesFrom }),
    });
    await finish(transaction, version.id);
    const rule = { metrics, measured: incumbent, margin: promotionMargin, listComparisons };
    return { version, decision: await promoteByRule(transaction, version, rule) };
  }, publishing);
}

/**
 * Settles like `work`, or rejects at once with the signal's reason when it is aborted. The result of `work` is then
 * ignored.
 */
function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
