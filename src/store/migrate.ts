import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { quote, WarmstartError } from '../common/errors.ts';
import { projectRoot } from '../common/project-root.ts';
import { type Database, sql } from './database.ts';
import { isPermissionDenied, lacksPermission } from './lacks-permission.ts';

const migrationsDirectory = join(projectRoot, 'migrations');

/** The advisory lock that Prisma's schema engine takes too. */
const migrationLock = 72_707_369;
const lockNotAvailable = '55P03';

/** The table in which Prisma keeps the migration history, as Prisma creates it. */
const createHistory = `
  CREATE TABLE _prisma_migrations (
    id varchar(36) PRIMARY KEY NOT NULL,
    checksum varchar(64) NOT NULL,
    finished_at timestamptz,
    migration_name varchar(255) NOT NULL,
    logs text,
    rolled_back_at timestamptz,
    started_at timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0
  )`;

export interface MigrateOptions {
  /** An existing schema to migrate. Default: that of the role's search path. */
  readonly schema?: string;
  /** The names of the only migrations to apply. Default: all. */
  readonly only?: readonly string[];
}

/**
 * Applies the pending migrations and returns their names, oldest first. Concurrent processes wait for each other.
 *
 * Each migration and its row in Prisma's history table are one transaction, so a migration that fails leaves nothing
 * behind and is tried again by the next call. Throws INVALID_CONFIGURATION if
 * - the database has tables but no history, because it then belongs to something else,
 * - the role lacks the permission to apply a pending migration,
 * - the history has a migration that Prisma started and did not finish.
 */
export async function migrate(url: string, { schema, only }: MigrateOptions = {}): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    if (schema !== undefined) await client.query(`SET search_path = ${client.escapeIdentifier(schema)}`);
    await takeLock(client);
    if (!(await hasHistory(client))) await startHistory(client);
    const applied = await migrationHistory(client);
    const names = (await migrationNames()).filter((name) => only?.includes(name) ?? true);
    const pending = names.filter((name) => !applied.has(name));
    for (const name of pending) await applyMigration(client, name);
    return pending;
  } catch (cause) {
    throw isPermissionDenied(cause) ? lacksPermission('apply the migrations', 'the tables', cause) : cause;
  } finally {
    // Ending the connection releases the lock.
    await client.end();
  }
}

/** Returns the names of the migrations in the folder `migrations/`, oldest first. */
export async function migrationNames(): Promise<readonly string[]> {
  const entries = await readdir(migrationsDirectory, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** Returns the names of the migrations that have not been applied to the database, oldest first. */
export async function missingMigrations(database: Database): Promise<readonly string[]> {
  const [names, applied] = await Promise.all([migrationNames(), appliedMigrations(database)]);
  return names.filter((name) => !applied.has(name));
}

/**
 * Returns the names of the applied migrations; none for a database without history. Throws INVALID_CONFIGURATION if the
 * history has a migration that Prisma started and did not finish.
 */
export async function migrationHistory(client: pg.ClientBase): Promise<ReadonlySet<string>> {
  if (!(await hasHistory(client))) return new Set();
  const { rows } = await client.query<{ name: string; finished: boolean }>(`
    SELECT migration_name AS name, finished_at IS NOT NULL AS finished FROM _prisma_migrations
    WHERE rolled_back_at IS NULL`);
  const unfinished = rows.find(({ finished }) => !finished);
  if (unfinished)
    throw new WarmstartError(
      'INVALID_CONFIGURATION',
      `Prisma has started the migration ${unfinished.name} and not finished it; undo what it has changed, ` +
        `run this SQL, and try again: UPDATE _prisma_migrations SET rolled_back_at = now() ` +
        `WHERE migration_name = '${unfinished.name}' AND finished_at IS NULL`,
    );
  return new Set(rows.map(({ name }) => name));
}

/** Waits for at most a minute, so that a process that hangs while it migrates does not block others without a word. */
async function takeLock(client: pg.Client): Promise<void> {
  await client.query(`SET lock_timeout = '60s'`);
  try {
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock]);
  } catch (cause) {
    if ((cause as { code?: string }).code !== lockNotAvailable) throw cause;
    const message = 'another process has been migrating the database for a minute; try again when it has finished';
    throw new Error(message, { cause });
  }
  await client.query('RESET lock_timeout');
}

async function hasHistory(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS found`,
  );
  return rows[0]?.found === true;
}

async function startHistory(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename LIMIT 1',
  );
  if (rows[0]) {
    const message = `DATABASE_URL: expected an empty database or one of Warmstart, got one with the table ${quote(rows[0].name)}`;
    throw new WarmstartError('INVALID_CONFIGURATION', message);
  }
  await client.query(createHistory);
}

async function applyMigration(client: pg.Client, name: string): Promise<void> {
  const script = await readFile(join(migrationsDirectory, name, 'migration.sql'));
  await client.query('BEGIN');
  try {
    // Without parameters, so that the server accepts several statements.
    await client.query(script.toString());
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
      [randomUUID(), createHash('sha256').update(script).digest('hex'), name],
    );
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => {});
    throw new Error(`the migration ${name} failed: ${(cause as Error).message}`, { cause });
  }
}

async function appliedMigrations(database: Database): Promise<ReadonlySet<string>> {
  // Selecting from a missing table would be an error, so its existence is checked first.
  const [row] = await database.$queryRaw<{ known: boolean }[]>(
    sql`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS known`,
  );
  if (!row?.known) return new Set();
  const rows = await database.$queryRaw<{ name: string }[]>(sql`
    SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`);
  return new Set(rows.map(({ name }) => name));
}
