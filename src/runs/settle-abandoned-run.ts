import type { TransactionalDatabase } from '../store/database.ts';
import type { AbandonedRun } from './abandoned-runs.ts';
import { addTrainingJob } from './training-queue.ts';
import { endTrainingRun, requeueTrainingRun, stoppedAttempts } from './training-runs.ts';

/** How often a run may lose its worker, so that one that kills its workers does not go on doing so. */
export const maxLosses = 3;

/**
 * Sees to a run that nobody goes on with: a worker's is queued again, up to the third that it lost; one of the command line, which nobody
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
    return;
  }
  const losses = run.attempt - (await stoppedAttempts(database, run.id));
  if (losses >= maxLosses) {
    const why = `its worker died, or lost the database, in ${losses} attempts, at last${during}; it is not tried again`;
    await endTrainingRun(database, run, why);
  } else {
    const why = `its worker died, or lost the database${during}, in attempt ${run.attempt}, which is loss ${losses} of at most ${maxLosses}`;
    await database.$transaction((transaction) => requeueTrainingRun(transaction, run, { why }));
  }
}
