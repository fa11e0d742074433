import { type Database, type RunTrigger, sql } from '../store/database.ts';
import { lockIsFree } from './run-lock.ts';
import { jobKey, type RunAttempt } from './training-queue.ts';

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
