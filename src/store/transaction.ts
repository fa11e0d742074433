import type { Pool, PoolClient } from 'pg';

/** Runs `work` in one transaction of a connection of its own: all of it is stored, or, when it throws, nothing. */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    failure = error as Error;
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    // After a failure the connection may be in the middle of a COPY; it is closed instead of used again.
    client.release(failure);
  }
}
