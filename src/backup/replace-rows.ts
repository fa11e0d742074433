import type { PoolClient } from 'pg';
import type { StoredTable } from './stored-tables.ts';

interface Statements {
  /** Puts something aside. */
  readonly before: string;
  /** Brings it back. */
  readonly after: string;
}

/**
 * Removes the rows of tables in the current schema, and lets `load` store others. Triggers do not count or change
 * these. Indexes are built in the end, since that is much faster, and foreign keys are checked then. Needs a
 * transaction, and the role that owns the tables. The removal is logged for servers like that of any rows.
 */
export async function replaceRows(
  client: PoolClient,
  tables: readonly StoredTable[],
  load: () => Promise<void>,
): Promise<void> {
  const names = tables.map(({ name }) => name);
  await client.query(`TRUNCATE ${names.map((name) => client.escapeIdentifier(name)).join(', ')}`);
  // The check of a foreign key uses the indexes, so they are back first.
  const aside = [
    ...(await triggersOf(client, names)),
    ...(await foreignKeysOf(client, names)),
    ...(await indexesOf(client, names)),
  ];
  for (const { before } of aside) await client.query(before);
  await load();
  for (const { after } of aside.reverse()) await client.query(after);
}

/** Some triggers fire always, also while a session has put ordinary ones aside, and must do so again. */
async function triggersOf(client: PoolClient, names: readonly string[]): Promise<Statements[]> {
  const { rows } = await client.query<Statements>(
    `SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', tgrelid::regclass, tgname) AS before,
       format('ALTER TABLE %s ENABLE %s TRIGGER %I', tgrelid::regclass,
         CASE tgenabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, tgname) AS after
     FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
     WHERE relnamespace = current_schema()::regnamespace AND relname = ANY ($1) AND NOT tgisinternal
       AND tgenabled <> 'D'`,
    [names],
  );
  return rows;
}

async function foreignKeysOf(client: PoolClient, names: readonly string[]): Promise<Statements[]> {
  const { rows } = await client.query<Statements>(
    `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS before,
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(pg_constraint.oid))
         AS after
     FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
     WHERE relnamespace = current_schema()::regnamespace AND relname = ANY ($1) AND contype = 'f'`,
    [names],
  );
  return rows;
}

/** Without those of primary keys and unique constraints. */
async function indexesOf(client: PoolClient, names: readonly string[]): Promise<Statements[]> {
  const { rows } = await client.query<Statements>(
    `SELECT format('DROP INDEX %s', indexrelid::regclass) AS before, pg_get_indexdef(indexrelid) AS after
     FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
     WHERE relnamespace = current_schema()::regnamespace AND relname = ANY ($1)
       AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)`,
    [names],
  );
  return rows;
}
