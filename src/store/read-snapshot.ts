import type { Pool, PoolClient } from 'pg';
import { type Database, sql, type TransactionalDatabase } from './database.ts';
import { withConnection, within } from './transaction.ts';

/** Milliseconds. The transaction can take as long as reading all data does. */
const options = { isolationLevel: 'RepeatableRead', maxWait: 30_000, timeout: 2 ** 31 - 1 } as const;

/**
 * Runs `work` on the database as of one moment, whatever is written in the meantime. Statements that would write fail.
 */
export function readSnapshot<T>(database: TransactionalDatabase, work: (snapshot: Database) => Promise<T>): Promise<T> {
  return database.$transaction(async (snapshot) => {
    await snapshot.$executeRaw(sql`SET TRANSACTION READ ONLY`);
    return work(snapshot);
  }, options);
}

/** Runs `work` on a connection that sees the database as of one moment, like `readSnapshot`, for COPY. */
export function inSnapshot<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return withConnection(pool, (client) =>
    within(client, async () => {
      await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      return work(client);
    }),
  );
}
