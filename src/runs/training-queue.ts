import { type Database, type Sql, sql } from '../store/database.ts';

/** Which training is meant, and which taking-up of it: a stale owner or job has an attempt that is over. */
export interface RunAttempt {
  readonly id: number;
  readonly attempt: number;
}

/** What the queue calls trainings, and what a job of it carries. */
export const trainingTask = 'train';

/** How often the queue hands a job out; whether the run needs another one its sweeper knows. */
const handOuts = 1;

/**
 * Asks a worker to take a queued run up, in the order in which runs were asked for, be it their first attempt or not; asking again for
 * the same attempt replaces the job that was there.
 */
export async function addTrainingJob(database: Database, { id, attempt }: RunAttempt): Promise<void> {
  await database.$queryRaw(sql`
    SELECT id FROM graphile_worker.add_job(${trainingTask}::text,
      json_build_object('id', ${id}::int, 'attempt', ${attempt}::int),
      run_at := (SELECT created_at FROM training_runs WHERE id = ${id}::int),
      max_attempts := ${handOuts}::int, job_key := ${jobKey(sql`${id}::int`, sql`${attempt}::int`)})`);
}

export async function removeTrainingJob(database: Database, { id, attempt }: RunAttempt): Promise<void> {
  await database.$queryRaw(
    sql`SELECT id FROM graphile_worker.remove_job(${jobKey(sql`${id}::int`, sql`${attempt}::int`)})`,
  );
}

/** The name of an attempt's job. */
export function jobKey(id: Sql, attempt: Sql): Sql {
  return sql`('train:' || ${id} || ':' || ${attempt})`;
}
