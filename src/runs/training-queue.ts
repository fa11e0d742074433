import { type Database, type Sql, sql } from '../store/database.ts';

/** A run and the number of its attempt. A stale owner or job names an attempt that is over. */
export interface RunAttempt {
  readonly id: number;
  readonly attempt: number;
}

/** The queue's name for training jobs; a job's payload is a `RunAttempt`. */
export const trainingTask = 'train';

/** How often the queue hands a job out. The sweeper decides whether a run needs another job. */
const maxAttempts = 1;

/**
 * Adds a job that tells a worker to take up a queued run. Workers take up runs in the order in which they were
 * requested, also after a failed attempt. A second job for the same attempt replaces the first.
 */
export async function addTrainingJob(database: Database, { id, attempt }: RunAttempt): Promise<void> {
  await database.$queryRaw(sql`
    SELECT id FROM graphile_worker.add_job(${trainingTask}::text,
      json_build_object('id', ${id}::int, 'attempt', ${attempt}::int),
      run_at := (SELECT created_at FROM training_runs WHERE id = ${id}::int),
      max_attempts := ${maxAttempts}::int, job_key := ${jobKey(sql`${id}::int`, sql`${attempt}::int`)})`);
}

export async function removeTrainingJob(database: Database, { id, attempt }: RunAttempt): Promise<void> {
  await database.$queryRaw(
    sql`SELECT id FROM graphile_worker.remove_job(${jobKey(sql`${id}::int`, sql`${attempt}::int`)})`,
  );
}

/** SQL for the key of an attempt's job. */
export function jobKey(id: Sql, attempt: Sql): Sql {
  return sql`('train:' || ${id} || ':' || ${attempt})`;
}
