import { type Database, sql } from '../store/database.ts';

/**
 * The advisory lock against the deletion of items. The batches of a load share it, and the trigger `wait_for_loads` takes
 * it alone before items are deleted.
 */
export const itemsLock = 1_819_238_756;

/** Less than the second after which PostgreSQL looks for deadlocks, see `yielding`. */
const longestWait = '900ms';

/**
 * Waits in a transaction until no batch of a load is being stored, and lets none begin. Batches take longer than a
 * transaction that gives way to others waits for a lock, and they follow each other without a pause.
 */
export async function lockItems(transaction: Database): Promise<void> {
  const [before] = await transaction.$queryRaw<{ timeout: string }[]>(sql`
    SELECT current_setting('lock_timeout') AS timeout, set_config('lock_timeout', ${longestWait}, true)`);
  await transaction.$executeRaw(sql`SELECT pg_advisory_xact_lock(${itemsLock}::bigint)`);
  await transaction.$executeRaw(sql`SELECT set_config('lock_timeout', ${before?.timeout}, true)`);
}
