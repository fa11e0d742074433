import { setTimeout } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { quote, WarmstartError } from '../common/errors.ts';
import { isPermissionDenied, lacksPermission } from '../store/lacks-permission.ts';
import { migrationHistory, migrationNames } from '../store/migrate.ts';
import { readTables, type StoredTable } from './stored-tables.ts';

/** The rows that migrations store, by their tables. */
const storedByMigrations: Readonly<Record<string, string>> = { secrets: 'TRUE', interaction_types: 'id < 8' };

const lockNotAvailable = '55P03';
/** In milliseconds. A server process takes a moment to end after its client has gone. */
const goneWithin = 2000;

/** Throws INVALID_DATA if a backup has migrations that this program does not know. */
export async function refuseLaterMigrations(path: string, migrations: readonly string[]): Promise<void> {
  const unknown = await unknownOf(migrations);
  if (unknown === undefined) return;
  const message = `${path} was made by a later version of Warmstart, which has the migration ${unknown}; nothing was changed; restore it with that version, or a later one`;
  throw new WarmstartError('INVALID_DATA', message);
}

/**
 * Returns the tables of a migrated database that a backup is to replace. Throws INVALID_CONFIGURATION if they have rows
 * and `replace` is not given, or if a later version of the program has migrated the database.
 */
export async function tablesToReplace(client: PoolClient, replace: boolean): Promise<StoredTable[]> {
  const unknown = await unknownOf([...(await migrationHistory(client))]);
  if (unknown !== undefined) {
    const message = `a later version of Warmstart has migrated the database (${unknown}); nothing was changed; restore the backup with that version`;
    throw new WarmstartError('INVALID_CONFIGURATION', message);
  }
  const tables = await readTables(client);
  const filled = replace ? undefined : await firstWithRows(client, tables);
  if (filled === undefined) return tables;
  const message = `expected an empty database, got one with rows in the table ${quote(filled)}; nothing was changed; name another database by DATABASE_URL, or use --replace to delete what it has`;
  throw new WarmstartError('INVALID_CONFIGURATION', message);
}

/**
 * Locks tables for the transaction of `client`. Nobody else reads or writes them until it ends, and nobody has read them
 * before who still runs: a server would keep what it has read in memory. Throws INVALID_CONFIGURATION if others use the
 * database, or if the role does not own the tables.
 */
export async function takeOver(client: PoolClient, tables: readonly StoredTable[]): Promise<void> {
  const names = tables.map(({ name }) => client.escapeIdentifier(name)).join(', ');
  try {
    await client.query(`SET LOCAL lock_timeout = '10s'`);
    await client.query(`LOCK TABLE ${names} IN ACCESS EXCLUSIVE MODE`);
  } catch (cause) {
    if (isPermissionDenied(cause)) throw lacksPermission('replace the rows of the tables', 'the tables', cause);
    if ((cause as { code?: string }).code !== lockNotAvailable) throw cause;
    throw inUse('other connections that lock its tables', cause);
  }
  await client.query('SET LOCAL lock_timeout = 0');
  const others = await lastingConnections(client);
  if (others > 0) throw inUse(others === 1 ? 'one other connection' : `${others} other connections`);
}

function inUse(got: string, cause?: unknown): WarmstartError {
  const message = `expected a database that nobody uses, got one with ${got}; nothing was changed; stop all servers, workers and other clients, and try again`;
  return new WarmstartError('INVALID_CONFIGURATION', message, { cause });
}

async function lastingConnections(client: PoolClient): Promise<number> {
  const until = performance.now() + goneWithin;
  for (;;) {
    const others = await otherConnections(client);
    if (others === 0 || performance.now() > until) return others;
    await setTimeout(100);
  }
}

/** A role without rights does not see what kind of process another role's is, but those of PostgreSQL itself have no role. */
async function otherConnections(client: PoolClient): Promise<number> {
  // A transaction otherwise sees the same connections at each look.
  await client.query('SELECT pg_stat_clear_snapshot()');
  const { rows } = await client.query<{ others: number }>(
    `SELECT count(*)::int AS others FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL
       AND coalesce(backend_type, 'client backend') = 'client backend'`,
  );
  return rows[0]?.others ?? 0;
}

async function firstWithRows(client: PoolClient, tables: readonly StoredTable[]): Promise<string | undefined> {
  for (const { name } of tables) {
    const others = `NOT (${storedByMigrations[name] ?? 'FALSE'})`;
    const { rows } = await client.query(`SELECT FROM ${client.escapeIdentifier(name)} WHERE ${others} LIMIT 1`);
    if (rows.length > 0) return name;
  }
  return undefined;
}

async function unknownOf(migrations: readonly string[]): Promise<string | undefined> {
  const known = new Set(await migrationNames());
  return migrations.find((name) => !known.has(name));
}
