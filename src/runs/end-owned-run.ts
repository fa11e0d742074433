import type { TransactionalDatabase } from '../store/database.ts';
import { isConnectionError } from '../store/is-connection-error.ts';
import type { OwnedRun } from './owned-run.ts';
import { settleAbandonedRun } from './settle-abandoned-run.ts';
import { endTrainingRun, RunNotOwnedError } from './training-runs.ts';

/**
 * Records why a training ended early. A run that this process lost goes the way of those whose owners died; and so does one
 * of a worker that lost a connection to the database, once somebody sweeps. Throws when that cannot be recorded.
 */
export async function endOwnedRun(
  database: TransactionalDatabase,
  owned: OwnedRun,
  error: unknown,
): Promise<void> {
  const { run, journal } = owned;
  if (error instanceof RunNotOwnedError) {
    // Whoever takes it up next needs the lock, should this process have it still.
    await owned.release();
    const { phase } = journal.progress;
    await settleAbandonedRun(database, { ...run, status: 'RUNNING', phase });
    return;
  }
  if (run.trigger !== 'COMMAND_LINE' && isConnectionError(error)) {
    await owned.release();
    return;
  }
  await owned.store();
  await endTrainingRun(database, run, error instanceof Error ? error.message : String(error));
}
