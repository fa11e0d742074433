import type { TransactionalDatabase } from './database.ts';
import type { PrismaClient } from './generated/client.ts';

/** The same database, whose statements throw the signal's reason instead of being sent once it is aborted. */
export function abortableDatabase(
  database: TransactionalDatabase,
  signal: AbortSignal,
): TransactionalDatabase {
  const extended = (database as PrismaClient).$extends({
    query: {
      $allOperations({ args, query }) {
        signal.throwIfAborted();
        return query(args);
      },
    },
  });
  return extended as unknown as TransactionalDatabase;
}
