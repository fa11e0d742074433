import type { PoolClient } from 'pg';
import { isPermissionDenied, lacksPermission } from '../store/lacks-permission.ts';
import { migrate } from '../store/migrate.ts';
import { within } from '../store/transaction.ts';
import type { BackupHeader } from './backup-format.ts';
import { replaceRows } from './replace-rows.ts';
import { readSequences, readTables, type StoredTable, setSequences } from './stored-tables.ts';

const stagingSchema = 'warmstart_restore';

/** A backup to bring up to date. */
export interface StagedBackup {
  readonly client: PoolClient;
  readonly url: string;
  readonly header: BackupHeader;
  /** Loads its rows into the tables of the current schema. */
  readonly load: (tables: readonly StoredTable[]) => Promise<void>;
}

/**
 * Restores a backup of an earlier version in a schema of its own, where the migrations are those of the backup, and
 * applies the later ones. A migration that adds a value to a type must be committed before that value can be stored, so
 * this cannot be part of the transaction that replaces what is stored. The schema is dropped after `work`. Throws
 * INVALID_CONFIGURATION if the role cannot create a schema.
 */
export async function withStagedBackup(
  { client, url, header, load }: StagedBackup,
  work: () => Promise<void>,
): Promise<void> {
  await recreateSchema(client);
  try {
    await migrate(url, { schema: stagingSchema, only: header.migrations });
    await inStaging(client, async () => {
      const tables = await readTables(client);
      await within(client, () =>
        replaceRows(client, tables, async () => {
          await load(tables);
          await setSequences(client, header.sequences);
        }),
      );
    });
    await migrate(url, { schema: stagingSchema });
    await work();
  } finally {
    // If this fails, the next restoration does it.
    await client.query(dropSchema).catch(() => {});
  }
}

/** Copies the staged rows into the same tables of the current schema, and sets its sequences. */
export async function copyStaged(client: PoolClient, tables: readonly StoredTable[]): Promise<void> {
  for (const { name, columns } of tables) {
    const quoted = columns.map((column) => client.escapeIdentifier(column)).join(', ');
    const table = client.escapeIdentifier(name);
    const selected = await selectedColumns(client, name);
    await client.query(`INSERT INTO ${table} (${quoted}) SELECT ${selected} FROM ${stagingSchema}.${table}`);
  }
  await setSequences(client, await inStaging(client, () => readSequences(client)));
}

/** Each schema has its own enumerations, which are converted by the names of their values. */
async function selectedColumns(client: PoolClient, table: string): Promise<string> {
  const { rows } = await client.query<{ selected: string }>(
    `SELECT string_agg(
       CASE WHEN typtype = 'e' THEN format('%I::text::%s', attname, format_type(atttypid, atttypmod))
         ELSE quote_ident(attname) END, ', ' ORDER BY attnum) AS selected
     FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
     WHERE attrelid = quote_ident($1)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
    [table],
  );
  return rows[0]?.selected ?? '';
}

const dropSchema = `DROP SCHEMA IF EXISTS ${stagingSchema} CASCADE`;

/** A restoration that was killed may have left the schema. */
async function recreateSchema(client: PoolClient): Promise<void> {
  try {
    await client.query(`${dropSchema}; CREATE SCHEMA ${stagingSchema}`);
  } catch (cause) {
    if (!isPermissionDenied(cause)) throw cause;
    throw lacksPermission('create the schema in which an earlier backup is brought up to date', 'the database', cause);
  }
}

/** If `work` throws, only the schema is dropped on the connection afterwards. */
async function inStaging<T>(client: PoolClient, work: () => Promise<T>): Promise<T> {
  const { rows } = await client.query<{ path: string }>(`SELECT current_setting('search_path') AS path`);
  await client.query(`SET search_path = ${stagingSchema}`);
  const result = await work();
  await client.query(`SELECT set_config('search_path', $1, false)`, [rows[0]?.path]);
  return result;
}
