import { inputError, notFound } from '../common/errors.ts';
import type { TransactionalDatabase } from '../store/database.ts';
import { removeTrainingJob } from './training-queue.ts';
import { cancelTrainingRun } from './training-runs.ts';

/**
 * Ends a queued training at once, and a running one as soon as its owner sees it, within about a second; either way it
 * publishes nothing from now on. Asking again changes nothing. Throws TRAINING_RUN_NOT_FOUND and ALREADY_FINISHED.
 */
export async function cancelTraining(database: TransactionalDatabase, id: number): Promise<void> {
  const { outcome } = await database.$transaction(async (transaction) => {
    const cancelled = await cancelTrainingRun(transaction, id);
    if (cancelled.outcome === 'cancelled')
      await removeTrainingJob(transaction, { id, attempt: cancelled.attempt });
    return cancelled;
  });
  if (outcome === 'notFound') throw notFound('training run', undefined, ['trainingRun']);
  if (outcome === 'finished')
    throw inputError(['trainingRun'], 'this training run has already finished', 'ALREADY_FINISHED');
}
