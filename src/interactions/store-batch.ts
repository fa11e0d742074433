import type { PoolClient } from 'pg';
import type { StagedBatch } from './staging-table.ts';

/**
 * The foreign keys are locked, so the server does not have to check them row by row, which would be nearly half of the
 * time. Only a superuser can switch these checks off. A batch is not waited for on the disk: if the machine fails, the
 * last batches may be missing, but never one before a batch that is there.
 *
 * Tables that were empty a moment ago still have the statistics of empty tables, with which PostgreSQL would read all of
 * them for every batch.
 */
const begin = `BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL enable_seqscan = off;
  SELECT set_config('session_replication_role', 'replica', true) WHERE current_setting('is_superuser')::bool`;

/**
 * Stores a batch of sorted interactions in a transaction: locks what it refers to, leaves out what is already stored and
 * what belongs to a user or item that was deleted in the meantime, and draws IDs for the rest, in their order. Returns
 * the number of interactions that it added.
 *
 * Users are locked before IDs are drawn, in the same order as in `insertInteractions`. IDs therefore grow in the order in
 * which a user's interactions become visible, and no other load can store the same interactions.
 */
export async function storeBatch(client: PoolClient, dataset: string, batch: StagedBatch): Promise<number> {
  await client.query(begin);
  await lockReferencedRows(client, batch);
  const known = await knownUsers(client, dataset, batch);
  const { rowCount } = await client.query(
    `INSERT INTO interactions (user_id, item_id, scenario_id, type, value, occurred_at, dataset)
    SELECT user_id, item_id, scenario_id, type, value, coalesce(time, now()), $1
    FROM (${known.length === 0 ? wholeBatch : newRows}) AS added ORDER BY place`,
    [dataset, batch.batch, batch.piece, ...(known.length === 0 ? [] : [known])],
  );
  await client.query('COMMIT');
  return rowCount ?? 0;
}

/** Returns the number of interactions that `storeBatch` would add now. */
export async function countBatch(client: PoolClient, dataset: string, batch: StagedBatch): Promise<number> {
  const known = await knownUsers(client, dataset, batch);
  if (known.length === 0) return batch.rows;
  const { rows } = await client.query<{ added: number }>(`SELECT count(*)::int AS added FROM (${newRows}) AS added`, [
    dataset,
    batch.batch,
    batch.piece,
    known,
  ]);
  return (rows[0] as { added: number }).added;
}

/** Takes the locks of foreign keys, once for each row that the batch refers to. Forgets what no longer exists. */
async function lockReferencedRows(client: PoolClient, batch: StagedBatch): Promise<void> {
  const users = await lockAll(client, batch, 'users', 'ORDER BY external_id FOR NO KEY UPDATE');
  const items = await lockAll(client, batch, 'items', 'ORDER BY id FOR KEY SHARE');
  const scenarios = await lockAll(client, batch, 'scenarios', 'ORDER BY id FOR KEY SHARE');
  if (!users || !items || !scenarios) await forgetDeleted(client, batch);
}

const columns = { users: 'user_id', items: 'item_id', scenarios: 'scenario_id' } as const;

/** Locks the rows of a table that a batch refers to. Returns whether all of them still exist. */
async function lockAll(
  client: PoolClient,
  { batch, piece }: StagedBatch,
  table: keyof typeof columns,
  order: string,
): Promise<boolean> {
  // With an array, PostgreSQL looks up each ID. With a join, it could read the whole table for every batch.
  const { rows } = await client.query<{ complete: boolean }>(
    `WITH referenced AS MATERIALIZED (
      SELECT array_agg(DISTINCT ${columns[table]}) FILTER (WHERE ${columns[table]} IS NOT NULL) AS ids
      FROM sorted_interactions WHERE batch = $1 AND piece = $2
    ), locked AS MATERIALIZED (SELECT id FROM ${table} WHERE id = ANY((SELECT ids FROM referenced)::int[]) ${order})
    SELECT (SELECT count(*) FROM locked) = coalesce(cardinality(ids), 0) AS complete FROM referenced`,
    [batch, piece],
  );
  return rows[0]?.complete === true;
}

/** Does to the batch what the foreign keys did to stored interactions. */
async function forgetDeleted(client: PoolClient, { batch, piece }: StagedBatch): Promise<void> {
  await client.query(
    `DELETE FROM sorted_interactions WHERE batch = $1 AND piece = $2
      AND NOT (EXISTS (SELECT FROM users WHERE id = user_id) AND EXISTS (SELECT FROM items WHERE id = item_id))`,
    [batch, piece],
  );
  await client.query(
    `UPDATE sorted_interactions SET scenario_id = NULL WHERE batch = $1 AND piece = $2
      AND NOT EXISTS (SELECT FROM scenarios WHERE id = scenario_id)`,
    [batch, piece],
  );
}

/** Returns the users of a batch who have interactions of the dataset. */
async function knownUsers(client: PoolClient, dataset: string, { batch, piece }: StagedBatch): Promise<number[]> {
  // PostgreSQL could turn EXISTS into a join that reads all interactions. It executes this for each user.
  const { rows } = await client.query<{ ids: number[] }>(
    `SELECT coalesce(array_agg(user_id), '{}') AS ids
    FROM (SELECT DISTINCT user_id FROM sorted_interactions WHERE batch = $2 AND piece = $3) AS batch
    WHERE (SELECT TRUE FROM interactions WHERE user_id = batch.user_id AND dataset = $1 ORDER BY id LIMIT 1)`,
    [dataset, batch, piece],
  );
  return rows[0]?.ids ?? [];
}

/** Selects the rows of a batch for a dataset without stored interactions of its users. */
const wholeBatch = 'SELECT * FROM sorted_interactions WHERE batch = $2 AND piece = $3';

/**
 * Selects the rows of a batch that the dataset has not stored. `$1` is the dataset, `$4` are the users that it knows.
 *
 * Of the same user, item, type, value and time, as many rows are left out as are stored: the first ones, since they were
 * stored first. A row without a time is the same as any stored one whose time no row of the dataset has. All pieces of a
 * user are counted together, so that it does not matter which of them are stored. A rating that has changed is a new
 * interaction.
 *
 * This has no join, because the plan of a join depends on how many interactions of the dataset PostgreSQL expects. It
 * has no statistics of them while they are loaded.
 */
const newRows = `
  SELECT * FROM (
    SELECT *, row_number() OVER (same ORDER BY place) AS copy, count(*) FILTER (WHERE place IS NULL) OVER same AS stored
    FROM (
      SELECT place, piece, user_id, item_id, scenario_id, type, value,
        CASE WHEN count(place) OVER (PARTITION BY user_id, item_id, type, value, time) > 0 THEN time END AS time
      FROM (
        SELECT place, piece, user_id, item_id, scenario_id, type, value, time FROM sorted_interactions WHERE batch = $2
        UNION ALL
        SELECT NULL, NULL, user_id, item_id, NULL, type, value, occurred_at
        FROM interactions WHERE user_id = ANY($4::int[]) AND dataset = $1
      ) AS all_rows
    ) AS timed WINDOW same AS (PARTITION BY user_id, item_id, type, value, time)
  ) AS numbered WHERE piece = $3 AND copy > stored`;
