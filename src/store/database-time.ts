import { type Database, sql } from './database.ts';

/**
 * Returns the time by the database's clock, which all processes share, `ago` milliseconds ago. The result is later than
 * that by at most the time to reach the database plus one millisecond, and never earlier.
 */
export async function databaseTime(database: Database, ago = 0): Promise<Date> {
  const [row] = await database.$queryRaw<{ time: Date }[]>(sql`
    SELECT date_trunc('milliseconds', clock_timestamp() - make_interval(secs => ${ago / 1000}::float8)) + interval '1 ms' AS time`);
  return (row as { time: Date }).time;
}
