import type { TransactionalDatabase } from './database.ts';
import type { PrismaClient } from './generated/client.ts';

/** Returns the same database, but its statements throw the signal's reason once the signal is aborted. */
export function abortableDatabase(database: TransactionalDatabase, signal: AbortSignal): TransactionalDatabase {
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
