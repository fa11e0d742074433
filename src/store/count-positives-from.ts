import pg from 'pg';
import { type Database, sql } from './database.ts';

/**
 * Makes popularity count ratings from `lowest` on, as positive. If it has counted by another rating, all interactions
 * are counted again, in one transaction. Recording waits for it, and is never counted by the earlier rating afterwards.
 */
export async function countPositivesFrom(url: string, lowest: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(
      `SELECT count_positives_from($1) FROM interaction_types WHERE name = 'RATE' AND positive_from <> $1`,
      [lowest],
    );
  } finally {
    await client.end();
  }
}

/** Returns the rating from which popularity counts ratings as positive. */
export async function countedPositivesFrom(database: Database): Promise<number> {
  const [row] = await database.$queryRaw<{ lowest: number }[]>(
    sql`SELECT positive_from AS lowest FROM interaction_types WHERE name = 'RATE'`,
  );
  if (!row) throw new Error('every platform has the type RATE');
  return row.lowest;
}
