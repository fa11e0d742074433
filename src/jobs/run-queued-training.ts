import type { Logger } from 'pino';
import type { RunAttempt } from '../registry/training-queue.ts';
import { RunNotOwnedError, requeueTrainingRun } from '../registry/training-runs.ts';
import type { TrainingRun } from '../store/database.ts';
import type { TrainingRecipe } from '../training/training-recipe.ts';
import { endOwnedRun } from './end-owned-run.ts';
import { OwnedRun, TrainingCancelledError } from './owned-run.ts';
import { type TrainingServices, trainOwnedRun } from './train-model.ts';

export interface WorkerServices extends TrainingServices {
  readonly logger: Logger;
  /** As of a `ModelTrainingRequest`. */
  readonly promotionMargin?: number;
}

/** Why a training ends whose worker was told to stop. */
export class WorkerStoppingError extends Error {
  constructor() {
    super('the worker was stopped');
    this.name = 'WorkerStoppingError';
  }
}

/**
 * Takes up a queued run, trains it and records how it went; nothing where it is not queued any more, or for another
 * attempt. When `signal` is aborted the run is queued again. Throws only when that cannot be recorded.
 */
export async function runQueuedTraining(
  services: WorkerServices,
  queued: RunAttempt,
  signal: AbortSignal,
): Promise<void> {
  const { database, logger, promotionMargin } = services;
  const owned = await OwnedRun.takeUp(services, queued);
  if (!owned) return;
  const { run } = owned;
  const log = logger.child({ trainingRun: run.id, attempt: run.attempt });
  log.info('took up a training');
  try {
    const { version, decision } = await trainOwnedRun(services, owned, {
      ...requestOf(run),
      promotionMargin,
      signal,
    });
    const { promoted, reason } = decision;
    log.info({ modelVersion: version.id, promoted, reason }, 'published a model version');
  } catch (error) {
    log[isExpected(error) ? 'info' : 'error']({ err: error }, 'the training ended early');
    if (error instanceof WorkerStoppingError) {
      await owned.store();
      await database.$transaction((transaction) => requeueTrainingRun(transaction, run, error.message));
    } else {
      await endOwnedRun(database, owned, error);
    }
  } finally {
    await owned.release();
  }
}

function isExpected(error: unknown): boolean {
  const expected = [WorkerStoppingError, TrainingCancelledError, RunNotOwnedError];
  return expected.some((kind) => error instanceof kind);
}

function requestOf({ taskKind, config, mostUsers }: TrainingRun) {
  return { taskKind, recipe: config as unknown as TrainingRecipe, mostUsers: mostUsers ?? undefined };
}
