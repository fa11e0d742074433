import { Logger, runMigrations } from 'graphile-worker';
import pg from 'pg';
import { WarmstartError } from '../common/errors.ts';

/** Held during the migration, so that concurrent processes wait for each other. */
const migrationLock = 7_463_202;
const permissionDenied = '42501';
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
    if ((cause as { code?: string }).code !== permissionDenied) throw cause;
    const message =
      `DATABASE_URL: its role lacks the permission to create the schema of the job queue (${(cause as Error).message}); run the command ` +
      '"migrate" once as a role that can create schemas, and grant this role all privileges on the schema "graphile_worker"';
    throw new WarmstartError('INVALID_CONFIGURATION', message, { cause });
  } finally {
    await pool.end();
  }
}
