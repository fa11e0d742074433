import type { Logger } from 'pino';
import { type Database, type RunTrigger, sql, type TransactionalDatabase } from '../store/database.ts';
import { type Repetition, repeat } from './repeat.ts';
import { lockIsFree } from './run-lock.ts';
import { addTrainingJob, jobKey, type RunAttempt } from './training-queue.ts';
import { endTrainingRun, requeueTrainingRun, stoppedAttempts } from './training-runs.ts';

/** A run that nobody will go on with unless somebody sees to it. */
export interface AbandonedRun extends RunAttempt {
  /** RUNNING: its owner is gone; QUEUED: no job asks for it. */
  readonly status: 'RUNNING' | 'QUEUED';
  readonly trigger: RunTrigger;
  /** What it did last. */
  readonly phase: string | null;
}

/** Seconds in which a worker has taken up the run of a job that it holds, or died. */
const takingUp = 10;

/** One statement, which locks nothing longer than it lasts. */
export async function abandonedRuns(database: Database): Promise<AbandonedRun[]> {
  return database.$queryRaw<AbandonedRun[]>(sql`
    SELECT id, attempt, status::text AS status, trigger::text AS trigger, phase
    FROM (
      SELECT id, attempt, status, trigger, progress ->> 'phase' AS phase FROM training_runs
      WHERE status IN ('QUEUED', 'RUNNING') OFFSET 0
    ) AS unfinished
    WHERE CASE status WHEN 'RUNNING' THEN ${lockIsFree(sql`id`)} ELSE NOT EXISTS (
      SELECT FROM graphile_worker.jobs WHERE key = ${jobKey(sql`unfinished.id`, sql`unfinished.attempt`)}
        AND CASE WHEN locked_at IS NULL THEN attempts < max_attempts
          ELSE locked_at > now() - make_interval(secs => ${takingUp}) END
    ) END
    ORDER BY id`);
}

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
