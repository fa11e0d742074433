import { setTimeout } from 'node:timers/promises';
import { WarmstartError } from '../common/errors.ts';
import { type Database, sql, type TransactionalDatabase } from './database.ts';
import { linksOf } from './error-links.ts';

/**
 * How long a statement waits for a lock, in milliseconds. PostgreSQL looks for deadlocks after a second of waiting: a
 * transaction that gives up before never makes it end another one.
 */
const lockTimeout = 200;
const tries = 30;
const pause = { min: 20, max: 300 };

/** The SQLSTATE of a lock that was not available in time. */
const lockNotAvailable = '55P03';

/**
 * Runs `work` in a transaction that gives way to others: if a lock is not available soon, it is undone and tried again.
 * For work whose locks can be in another order than those of other transactions. Throws UNAVAILABLE if others hold the
 * locks for all tries: for several seconds, or longer if `work` sets a longer timeout of its own.
 */
export async function yielding<T>(
  database: TransactionalDatabase,
  work: (transaction: Database) => Promise<T>,
): Promise<T> {
  for (let left = tries - 1; ; left--) {
    try {
      return await database.$transaction(async (transaction) => {
        await transaction.$executeRaw(sql`SELECT set_config('lock_timeout', ${`${lockTimeout}ms`}, true)`);
        return work(transaction);
      }, limits);
    } catch (error) {
      if (!isLocked(error)) throw error;
      if (left === 0)
        throw new WarmstartError('UNAVAILABLE', 'others use these rows without a pause; try again in a few seconds', {
          cause: error,
        });
    }
    await setTimeout(pause.min + Math.random() * (pause.max - pause.min));
  }
}

/** In milliseconds. An item with millions of interactions takes long to delete. */
const limits = { maxWait: 10_000, timeout: 60_000 };

function isLocked(error: unknown): boolean {
  return linksOf(error).some(({ code, originalCode }) => [code, originalCode].includes(lockNotAvailable));
}
