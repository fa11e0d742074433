import { Logger, runMigrations } from 'graphile-worker';
import pg from 'pg';
import { WarmstartError } from '../common/errors.ts';

/** Whoever migrates holds it, so that two that start at once do not get in each other's way. */
const migrationLock = 7_463_202;
const permissionDenied = '42501';
const quiet = new Logger(() => () => {});

/**
 * Brings the tables and functions of the job queue, which have a schema of their own, `graphile_worker`, up to date.
 * Throws INVALID_CONFIGURATION where the role may not make them.
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
      // The lock goes with its connection.
      client.release(true);
    }
  } catch (cause) {
    if ((cause as { code?: string }).code !== permissionDenied) throw cause;
    const message =
      `DATABASE_URL: its role may not make the schema of the job queue (${(cause as Error).message}); run the command ` +
      '"migrate" once as a role that may create schemas, and let this role use and change "graphile_worker" and all in it';
    throw new WarmstartError('INVALID_CONFIGURATION', message, { cause });
  } finally {
    await pool.end();
  }
}
