import type { Logger } from 'pino';
import type { TransactionalDatabase } from '../store/database.ts';
import { abandonedRuns } from './abandoned-runs.ts';
import { type Repetition, repeat } from './repeat.ts';
import { settleAbandonedRun } from './settle-abandoned-run.ts';

/** Milliseconds. */
const sweepInterval = 5000;

/** Looks every 5 s for trainings whose owners died, and sees to them. Any number of processes may do so. */
export function startSweeping(database: TransactionalDatabase, logger: Logger): Repetition {
  return repeat(sweepInterval, () => sweepTrainings(database, logger), {
    logger,
    title: 'looking for abandoned trainings',
  });
}

export async function sweepTrainings(database: TransactionalDatabase, logger: Logger): Promise<void> {
  for (const run of await abandonedRuns(database)) {
    const { id, attempt, status, trigger } = run;
    logger.warn({ trainingRun: id, attempt, status, trigger }, 'found an abandoned training');
    await settleAbandonedRun(database, run);
  }
}
