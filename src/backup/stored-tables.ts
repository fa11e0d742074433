import { type ClientBase, escapeIdentifier } from 'pg';
import type { BackupHeader } from './backup-format.ts';

/** The history of migrations has its own place in a backup. The others hold transaction IDs, which end with a server. */
export const transientTables: readonly string[] = ['_prisma_migrations', 'catalog_changes', 'catalog_moments'];

/** A table with its columns, in their order. */
export interface StoredTable {
  readonly name: string;
  readonly columns: readonly string[];
}

/** Returns the tables of the current schema that a backup has, in the order of their names. */
export async function readTables(client: ClientBase): Promise<StoredTable[]> {
  const { rows } = await client.query<StoredTable>(
    `SELECT relname::text AS name, array_agg(attname::text ORDER BY attnum) AS columns
     FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
     WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND NOT relname = ANY ($1)
       AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
     GROUP BY relname ORDER BY relname`,
    [transientTables],
  );
  return rows;
}

/** Returns the last values of the sequences of these tables. `null` means that a sequence has given no value yet. */
export async function readSequences(client: ClientBase): Promise<BackupHeader['sequences']> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT sequencename::text AS name FROM pg_sequences
     WHERE schemaname = current_schema() AND NOT EXISTS (
       SELECT FROM pg_depend JOIN pg_class AS owner ON owner.oid = refobjid
       WHERE objid = format('%I.%I', schemaname, sequencename)::regclass AND owner.relname = ANY ($1)
     ) ORDER BY sequencename`,
    [transientTables],
  );
  const sequences: Record<string, string | null> = {};
  for (const { name } of rows) sequences[name] = await lastValue(client, name);
  return sequences;
}

/** Unlike the view of all sequences, this throws if the role may not read the sequence. */
async function lastValue(client: ClientBase, name: string): Promise<string | null> {
  const { rows } = await client.query<{ last: string | null }>(
    `SELECT CASE WHEN is_called THEN last_value END::text AS last FROM ${escapeIdentifier(name)}`,
  );
  return rows[0]?.last ?? null;
}

/** Makes the sequences of the current schema continue after these values, unless the transaction is undone. */
export async function setSequences(client: ClientBase, sequences: BackupHeader['sequences']): Promise<void> {
  for (const [name, last] of Object.entries(sequences)) {
    // A rollback undoes this, and what follows in the same transaction, but not setval.
    await client.query(`ALTER SEQUENCE ${escapeIdentifier(name)} RESTART WITH ${BigInt(last ?? 1)}`);
    if (last !== null) await client.query('SELECT nextval(quote_ident($1)::regclass)', [name]);
  }
}
