import { WarmstartError } from '../common/errors.ts';
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
  const field = ['trainingRun'];
  if (outcome === 'notFound')
    throw new WarmstartError('TRAINING_RUN_NOT_FOUND', 'trainingRun: there is no such training', { field });
  if (outcome === 'finished')
    throw new WarmstartError('ALREADY_FINISHED', 'trainingRun: this training has ended', { field });
}
