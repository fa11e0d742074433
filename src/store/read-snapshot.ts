import { type Database, sql, type TransactionalDatabase } from './database.ts';

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
