import type { Logger } from 'pino';
import { type Database, type RunTrigger, sql, type TransactionalDatabase } from '../store/database.ts';
import { type Repetition, repeat } from './repeat.ts';
import { lockIsFree } from './run-lock.ts';
import { addTrainingJob, jobKey, type RunAttempt } from './training-queue.ts';
import { endTrainingRun, requeueTrainingRun, stoppedAttempts } from './training-runs.ts';

/** An unfinished run that no process is working on. */
export interface AbandonedRun extends RunAttempt {
  /** RUNNING: its owner is gone. QUEUED: the queue has no job for it. */
  readonly status: 'RUNNING' | 'QUEUED';
  readonly trigger: RunTrigger;
  /** Its last phase; `null` if it has not begun. */
  readonly phase: string | null;
}

/** Seconds after which a worker that holds a job, but has not taken up its run, counts as dead. */
const maxTakeUpSeconds = 10;

/** Returns all abandoned runs. It is one statement: a run's lock is held only while the statement runs. */
async function abandonedRuns(database: Database): Promise<AbandonedRun[]> {
  return database.$queryRaw<AbandonedRun[]>(sql`
    SELECT id, attempt, status::text AS status, trigger::text AS trigger, phase
    FROM (
      SELECT id, attempt, status, trigger, progress ->> 'phase' AS phase FROM training_runs
      WHERE status IN ('QUEUED', 'RUNNING') OFFSET 0
    ) AS unfinished
    WHERE CASE status WHEN 'RUNNING' THEN ${lockIsFree(sql`id`)} ELSE NOT EXISTS (
      SELECT FROM graphile_worker.jobs WHERE key = ${jobKey(sql`unfinished.id`, sql`unfinished.attempt`)}
        AND CASE WHEN locked_at IS NULL THEN attempts < max_attempts
          ELSE locked_at > now() - make_interval(secs => ${maxTakeUpSeconds}) END
    ) END
    ORDER BY id`);
}

/** How many workers a run can lose before it fails, so that a run that crashes its worker is not tried forever. */
const maxLosses = 3;

/**
 * Queues an abandoned run again, or ends it. A worker's run is queued again until it has lost three workers, and fails
 * then. A run of the command line fails at once, because no worker was asked to do it. A run with a requested
 * cancellation is cancelled. Changes nothing if another process settled the run first, or its owner published at the
 * last moment.
 */
export async function settleAbandonedRun(database: TransactionalDatabase, run: AbandonedRun): Promise<void> {
  if (run.status === 'QUEUED') {
    if (run.trigger !== 'COMMAND_LINE') await addTrainingJob(database, run);
    return;
  }
  const during = run.phase ? ` (${run.phase})` : '';
  if (run.trigger === 'COMMAND_LINE') {
    await endTrainingRun(database, run, `the process that trained it ended before the run was finished${during}`);
    return;
  }
  const losses = run.attempt - (await stoppedAttempts(database, run.id));
  if (losses >= maxLosses) {
    const why = `its worker died or lost the database connection in ${losses} attempts, most recently in attempt ${run.attempt}${during}; the run is not tried again`;
    await endTrainingRun(database, run, why);
  } else {
    const why = `its worker died or lost the database connection in attempt ${run.attempt}${during}; this is loss ${losses} of at most ${maxLosses}`;
    await database.$transaction((transaction) => requeueTrainingRun(transaction, run, { why }));
  }
}

/** In milliseconds. */
const sweepInterval = 5000;

/** Looks for abandoned runs every 5 seconds and settles them. Any number of processes can do this at once. */
export function startSweeping(database: TransactionalDatabase, logger: Logger): Repetition {
  return repeat(sweepInterval, () => sweepTrainings(database, logger), {
    logger,
    title: 'looking for abandoned training runs',
  });
}

export async function sweepTrainings(database: TransactionalDatabase, logger: Logger): Promise<void> {
  for (const run of await abandonedRuns(database)) {
    const { id, attempt, status, trigger } = run;
    logger.warn({ trainingRun: id, attempt, status, trigger }, 'found an abandoned training run');
    await settleAbandonedRun(database, run);
  }
}
