import pg from 'pg';

/**
 * Makes popularity count ratings from `lowest` on, and all interactions of other types, as positive. If it has counted
 * by another rating, all interactions are counted again, in one transaction. Recording waits for it, and is never
 * counted by the earlier rating afterwards.
 */
export async function countPositivesFrom(url: string, lowest: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('SELECT count_positives_from($1) FROM positive_ratings WHERE lowest <> $1', [lowest]);
  } finally {
    await client.end();
  }
}
