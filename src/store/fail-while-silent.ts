import type { Pool, PoolClient } from 'pg';
import { isConnectionError } from './is-connection-error.ts';

const checkMilliseconds = 250;
/** While the database is silent, one use of a connection begins in this time, to find out whether it still is. */
const trialMilliseconds = 1000;

type Connected = (error: Error | undefined, client?: PoolClient, release?: () => void) => void;

/**
 * Makes everything that needs a connection fail at once while the database is silent, instead of after the time that a
 * statement may take. Otherwise all requests in progress would soon wait for it, and leave no room for those that need
 * nothing but the memory. The database is silent if, for `silentMilliseconds`, connections were in use and none was given
 * back; so it is for a pool of which a connection is used every second.
 */
export function failWhileSilent(pool: Pool, silentMilliseconds: number): void {
  let silentChecks = 0;
  let nextTrial = 0;
  const answered = () => {
    silentChecks = 0;
  };
  pool.on('release', (error) => {
    if (!error || !isConnectionError(error)) answered();
  });
  // Counts checks, because a clock would also count the time in which the event loop could not read an answer.
  const timer = setInterval(() => {
    if (pool.totalCount > pool.idleCount) silentChecks++;
    else answered();
  }, checkMilliseconds).unref();
  const refuses = () => {
    if (silentChecks * checkMilliseconds < silentMilliseconds || performance.now() >= nextTrial) {
      nextTrial = performance.now() + trialMilliseconds;
      return false;
    }
    return true;
  };
  const connect = pool.connect.bind(pool) as (callback?: Connected) => unknown;
  pool.connect = ((callback?: Connected) => {
    if (!refuses()) return connect(callback);
    if (!callback) return Promise.reject(silence(silentMilliseconds));
    process.nextTick(callback, silence(silentMilliseconds));
    return undefined;
  }) as Pool['connect'];
  const end = pool.end.bind(pool) as () => Promise<void>;
  pool.end = (() => {
    clearInterval(timer);
    return end();
  }) as Pool['end'];
}

function silence(milliseconds: number): Error {
  return Object.assign(new Error(`the database has not answered for ${milliseconds} ms`), { code: 'ETIMEDOUT' });
}
