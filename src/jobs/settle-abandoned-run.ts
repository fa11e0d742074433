import type { AbandonedRun } from '../registry/abandoned-runs.ts';
import { addTrainingJob } from '../registry/training-queue.ts';
import { endTrainingRun, requeueTrainingRun } from '../registry/training-runs.ts';
import type { TransactionalDatabase } from '../store/database.ts';

/** How often a run is taken up at most, so that one that kills its workers does not go on doing so. */
export const mostAttempts = 3;

/**
 * Sees to a run that nobody goes on with: a worker's is queued again, up to 3 attempts; one of the command line, which nobody
 * asked a worker for, has failed; and one that is to be cancelled is. Another who did so first, or an owner who
 * published at the last moment, is not disturbed.
 */
export async function settleAbandonedRun(database: TransactionalDatabase, run: AbandonedRun): Promise<void> {
  if (run.status === 'QUEUED') {
    if (run.trigger !== 'COMMAND_LINE') await addTrainingJob(database, run);
    return;
  }
  const during = run.phase ? ` (${run.phase})` : '';
  if (run.trigger === 'COMMAND_LINE') {
    await endTrainingRun(database, run, `the process that trained it ended before it was done${during}`);
  } else if (run.attempt >= mostAttempts) {
    const message = `its worker died, or lost the database, in each of ${run.attempt} attempts, at last${during}; it is not tried again`;
    await endTrainingRun(database, run, message);
  } else {
    const message = `its worker died, or lost the database${during}, in attempt ${run.attempt} of ${mostAttempts}`;
    await database.$transaction((transaction) => requeueTrainingRun(transaction, run, message));
  }
}
