import type { Logger } from 'pino';
import { endOwnedRun, OwnedRun, TrainingCancelledError } from '../runs/owned-run.ts';
import type { RunAttempt } from '../runs/training-queue.ts';
import { RunNotOwnedError, requeueTrainingRun } from '../runs/training-runs.ts';
import type { TrainingRun, TransactionalDatabase } from '../store/database.ts';
import { parseRecipe } from '../training/training-recipe.ts';
import { type TrainingServices, trainOwnedRun } from './train-model.ts';

export interface WorkerServices extends TrainingServices {
  readonly logger: Logger;
  /** See `ModelTrainingRequest`. */
  readonly promotionMargin?: number;
}

/** The reason of a training that ends because its worker stops. */
export class WorkerStoppingError extends Error {
  constructor() {
    super('the worker was stopped');
    this.name = 'WorkerStoppingError';
  }
}

/**
 * Starts a queued run, trains it and records the result. Does nothing if the run is no longer queued, or queued for
 * another attempt. If `signal` is aborted, the run is queued again. Does not throw: if the database is unavailable, the
 * sweeper handles the run.
 */
export async function runQueuedTraining(
  services: WorkerServices,
  queued: RunAttempt,
  signal: AbortSignal,
): Promise<void> {
  const log = services.logger.child({ trainingRun: queued.id });
  try {
    const owned = await OwnedRun.takeUp(services, queued);
    if (owned) await trainAndRelease(services, owned, signal);
  } catch (error) {
    log.error({ err: error }, 'the run is left to the sweeper');
  }
}

async function trainAndRelease(services: WorkerServices, owned: OwnedRun, signal: AbortSignal): Promise<void> {
  const { run } = owned;
  const log = services.logger.child({ trainingRun: run.id, attempt: run.attempt });
  log.info('training run started');
  try {
    const { promotionMargin } = services;
    const request = { ...requestOf(run), promotionMargin, signal };
    const { version, decision } = await trainOwnedRun(services, owned, request);
    const { promoted, reason } = decision;
    log.info({ modelVersion: version.id, promoted, reason }, 'published a model version');
  } catch (error) {
    if (isExpected(error)) log.info(`the training ended early: ${error.message}`);
    else log.error({ err: error }, 'the training ended early');
    await endEarly(services.database, owned, error);
  } finally {
    await owned.release();
  }
}

async function endEarly(database: TransactionalDatabase, owned: OwnedRun, error: unknown): Promise<void> {
  if (!(error instanceof WorkerStoppingError)) return endOwnedRun(database, owned, error);
  await owned.store();
  await database.$transaction((transaction) =>
    requeueTrainingRun(transaction, owned.run, { why: error.message, stopped: true }),
  );
}

function isExpected(error: unknown): error is Error {
  const expected = [WorkerStoppingError, TrainingCancelledError, RunNotOwnedError];
  return expected.some((kind) => error instanceof kind);
}

/** Throws INVALID_CONFIGURATION if this version cannot train the stored recipe. */
function requestOf({ taskKind, config, maxUsers }: TrainingRun) {
  return { taskKind, recipe: parseRecipe(config), maxUsers: maxUsers ?? undefined };
}
