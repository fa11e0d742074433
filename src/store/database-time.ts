import { type Database, sql } from './database.ts';

/**
 * What time it was by the database's clock, which all processes share, this many milliseconds ago; up to the way to the database and a
 * millisecond later than that, never earlier.
 */
export async function databaseTime(database: Database, ago = 0): Promise<Date> {
  const [row] = await database.$queryRaw<{ time: Date }[]>(sql`
    SELECT date_trunc('milliseconds', clock_timestamp() - make_interval(secs => ${ago / 1000}::float8)) + interval '1 ms' AS time`);
  return (row as { time: Date }).time;
}
