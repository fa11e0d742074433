import { Logger, runMigrations } from 'graphile-worker';
import pg from 'pg';
import { isPermissionDenied, lacksPermission } from './lacks-permission.ts';

/** Held during the migration, so that concurrent processes wait for each other. */
const migrationLock = 7_463_202;
const quiet = new Logger(() => () => {});

/**
 * Applies pending migrations of the job queue, which has its own schema, `graphile_worker`.
 * Throws INVALID_CONFIGURATION if the role lacks the permission.
 */
export async function migrateQueue(url: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on('error', () => {});
  pool.on('connect', (connected) => connected.on('error', () => {}));
  try {
    const client = await pool.connect();
    try {
      await client.query('SELECT pg_advisory_lock($1)', [migrationLock]);
      await runMigrations({ pgPool: pool, logger: quiet });
    } finally {
      // Closing the connection releases the lock.
      client.release(true);
    }
  } catch (cause) {
    if (!isPermissionDenied(cause)) throw cause;
    throw lacksPermission('create the schema of the job queue', 'the schema "graphile_worker"', cause);
  } finally {
    await pool.end();
  }
}
