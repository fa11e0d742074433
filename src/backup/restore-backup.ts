import type { PoolClient } from 'pg';
import { WarmstartError } from '../common/errors.ts';
import { copyInto } from '../store/copy.ts';
import type { OpenDatabase } from '../store/database.ts';
import { migrationNames } from '../store/migrate.ts';
import { withConnection, within } from '../store/transaction.ts';
import type { BackupHeader } from './backup-format.ts';
import { type OnBytes, readBackup } from './backup-reader.ts';
import { isDump, refuseUnnamedDump } from './dump-file.ts';
import { readDump } from './dump-reader.ts';
import { replaceRows } from './replace-rows.ts';
import { refuseLaterMigrations, tablesToReplace, takeOver } from './restore-target.ts';
import { copyStaged, withStagedBackup } from './staged-backup.ts';
import { type StoredTable, setSequences } from './stored-tables.ts';

/** A migrated database, and its URL with the password. */
export interface RestoreTarget extends Pick<OpenDatabase, 'pool'> {
  readonly url: string;
}

export interface RestoreOptions {
  /** Whether the backup replaces what is stored. Default: the database must be empty. */
  readonly replace?: boolean;
  /** Receives how many bytes of the file are loaded. */
  readonly onLoaded?: OnBytes;
}

/**
 * Reads a whole backup, before anything is changed, and returns its header. Throws INVALID_DATA if the file is damaged or
 * made by a later version, or if it is one of `pg_dump` without the name of one, and INVALID_CONFIGURATION if it cannot be
 * read.
 */
export async function checkRestorable(path: string, onBytes?: OnBytes): Promise<BackupHeader> {
  await refuseUnnamedDump(path);
  const header = await readerOf(path)(path, discard, onBytes);
  await refuseLaterMigrations(path, header.migrations);
  return header;
}

/**
 * Replaces the rows of a migrated database by those of a backup that `checkRestorable` has checked. A backup of an
 * earlier version gets the migrations that it lacks. It is one transaction: if it fails, what was stored is unchanged.
 *
 * Throws INVALID_CONFIGURATION if the database has rows and `replace` is not given, if others use it, or if the role
 * lacks a permission, and INVALID_DATA if the backup has a table that the migrations do not create, or rows that the
 * database refuses.
 */
export async function restoreBackup(
  { pool, url }: RestoreTarget,
  path: string,
  header: BackupHeader,
  { replace = false, onLoaded }: RestoreOptions = {},
): Promise<void> {
  await withConnection(pool, async (client) => {
    const tables = await tablesToReplace(client, replace);
    try {
      await replaceByBackup({ client, url, tables }, path, header, onLoaded);
    } catch (cause) {
      if (cause instanceof WarmstartError) throw cause;
      const message = `cannot restore ${path}: ${(cause as Error).message}; what was stored before is unchanged`;
      throw new WarmstartError('INVALID_DATA', message, { cause });
    }
    await client.query(`ANALYZE ${tables.map(({ name }) => client.escapeIdentifier(name)).join(', ')}`);
  });
}

interface Replaced {
  readonly client: PoolClient;
  readonly url: string;
  readonly tables: readonly StoredTable[];
}

async function replaceByBackup(
  { client, url, tables }: Replaced,
  path: string,
  header: BackupHeader,
  onLoaded?: OnBytes,
): Promise<void> {
  if (header.migrations.length === (await migrationNames()).length) {
    await replaceAll(client, tables, async () => {
      await loadBackup(client, path, tables, onLoaded);
      await setSequences(client, header.sequences);
    });
    return;
  }
  const load = (staged: readonly StoredTable[]) => loadBackup(client, path, staged, onLoaded);
  await withStagedBackup({ client, url, header, load }, () =>
    replaceAll(client, tables, () => copyStaged(client, tables)),
  );
}

function readerOf(path: string): typeof readBackup {
  return isDump(path) ? readDump : readBackup;
}

async function discard(_table: StoredTable, rows: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of rows);
}

async function replaceAll(
  client: PoolClient,
  tables: readonly StoredTable[],
  load: () => Promise<void>,
): Promise<void> {
  await within(client, async () => {
    await takeOver(client, tables);
    await replaceRows(client, tables, load);
    // Jobs of runs that are gone. A server or a worker queues the restored runs.
    await client.query('SELECT graphile_worker.remove_job(key) FROM graphile_worker.jobs WHERE key IS NOT NULL');
  });
}

/** Loads the rows of a backup into the tables of the current schema. */
async function loadBackup(
  client: PoolClient,
  path: string,
  tables: readonly StoredTable[],
  onLoaded?: OnBytes,
): Promise<void> {
  const load = async (table: StoredTable, rows: AsyncIterable<Buffer>): Promise<void> => {
    refuseForeign(path, table, tables);
    const columns = table.columns.map((column) => client.escapeIdentifier(column));
    await copyInto(client, `${client.escapeIdentifier(table.name)} (${columns.join(', ')})`, rows);
  };
  await readerOf(path)(path, load, onLoaded);
}

function refuseForeign(path: string, table: StoredTable, tables: readonly StoredTable[]): void {
  const columns = tables.find(({ name }) => name === table.name)?.columns ?? [];
  const foreign = table.columns.find((column) => !columns.includes(column));
  if (foreign === undefined) return;
  const message = `${path} has the column ${foreign} of the table ${table.name}, which is not one of Warmstart; nothing was changed; drop it from the database that was backed up, and make another backup`;
  throw new WarmstartError('INVALID_DATA', message);
}
