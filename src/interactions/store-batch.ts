import type { PoolClient } from 'pg';
import { itemsLock } from '../catalog/items-lock.ts';
import { copyInto } from '../store/copy.ts';
import { addPopularity, countApart } from './add-popularity.ts';
import { type InteractionRows, interactionColumns } from './interaction-rows.ts';
import type { KnownInteraction } from './known-interactions.ts';
import type { NewInteractions } from './new-interactions.ts';

/**
 * The foreign keys are locked, so the server does not have to check them row by row, which would be nearly half of the
 * time. Only a superuser can switch these checks off. A batch is not waited for on the disk: if the machine fails, the
 * last batches may be missing, but never one before a batch that is there.
 */
const begin = `BEGIN; SET LOCAL synchronous_commit = off;
  SELECT set_config('session_replication_role', 'replica', true) WHERE current_setting('is_superuser')::bool`;

/** What a transaction is about to store. */
export interface BegunBatch {
  readonly interactions: readonly KnownInteraction[];
  /** The IDs of the interactions, ascending. */
  readonly ids: readonly string[];
  /** When the transaction has begun, in milliseconds since 1970. */
  readonly now: number;
  /** Whether no user of the batch has an interaction yet, as usual when a dataset is loaded for the first time. */
  readonly areFirst: boolean;
}

/**
 * Begins the transaction of a batch: locks what it refers to, leaves out what is already stored and what belongs to a
 * user or item that was deleted in the meantime, and draws IDs for the rest.
 *
 * Users are locked before IDs are drawn, in the same order as in `insertInteractions`. IDs therefore grow in the order in
 * which a user's interactions become visible, and no other load can store the same interactions.
 */
export async function beginBatch(
  client: PoolClient,
  newInteractions: NewInteractions,
  batch: readonly KnownInteraction[],
): Promise<BegunBatch> {
  await client.query(begin);
  const interactions = await newInteractions.of(client, await lockReferencedRows(client, batch));
  const areFirst = await areFirstOfUsers(client, interactions);
  return { interactions, ...(await drawIds(client, interactions.length)), areFirst };
}

/** Stores the interactions, counts them for popularity, and ends the transaction. */
export async function storeBatch(
  client: PoolClient,
  dataset: string,
  rows: InteractionRows,
  { interactions, ids, now, areFirst }: BegunBatch,
): Promise<void> {
  if (interactions.length > 0) {
    // Otherwise a trigger counts them, which looks for earlier positives.
    if (areFirst) await client.query(countApart);
    const sent = rows.of(interactions, ids, { dataset, now });
    await copyInto(client, `interactions (${interactionColumns})`, sent, 'binary');
    if (areFirst) await addPopularity(client, interactions);
  }
  await client.query('COMMIT');
}

/**
 * Takes the locks of foreign keys, once for each user and scenario that the batch refers to, and one for all items: a
 * batch can refer to a large part of the catalog, and the locks of its rows would take a twelfth of the time of a load.
 * The lock of items comes first: a batch that waits for a deletion of items must not hold users, who could not record
 * then. Returns what the foreign keys would have left of the batch if it had been stored when a row was deleted.
 */
async function lockReferencedRows(
  client: PoolClient,
  batch: readonly KnownInteraction[],
): Promise<readonly KnownInteraction[]> {
  const lock = async (statement: string, ids: ReadonlySet<number>) => {
    if (ids.size === 0) return ids;
    const { rows } = await client.query<{ ids: number[] }>(
      `WITH locked AS MATERIALIZED (${statement}) SELECT coalesce(array_agg(id), '{}') AS ids FROM locked`,
      [[...ids]],
    );
    return new Set(rows[0]?.ids);
  };
  await client.query('SELECT pg_advisory_xact_lock_shared($1)', [itemsLock]);
  const [users, items] = [new Set(batch.map(({ userId }) => userId)), new Set(batch.map(({ itemId }) => itemId))];
  const scenarios = new Set(batch.flatMap(({ scenarioId }) => scenarioId ?? []));
  const lasting = {
    users: await lock('SELECT id FROM users WHERE id = ANY($1) ORDER BY external_id FOR NO KEY UPDATE', users),
    scenarios: await lock('SELECT id FROM scenarios WHERE id = ANY($1) ORDER BY id FOR KEY SHARE', scenarios),
  };
  const lost = await lostItems(client, items);
  const left = batch.filter(({ userId, itemId }) => lasting.users.has(userId) && !lost.has(itemId));
  if (lasting.scenarios.size === scenarios.size) return left;
  return left.map((row) => (lasting.scenarios.has(row.scenarioId ?? 0) ? row : { ...row, scenarioId: null }));
}

/** Returns those of `items` that have been deleted. No others can be while this transaction holds the lock of items. */
async function lostItems(client: PoolClient, items: ReadonlySet<number>): Promise<ReadonlySet<number>> {
  const { rows } = await client.query<{ id: number }>(
    `SELECT id FROM unnest($1::int[]) AS batch(id)
    WHERE NOT EXISTS (SELECT FROM items WHERE items.id = batch.id)`,
    [[...items]],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Returns whether no user of the interactions has any yet. */
async function areFirstOfUsers(client: PoolClient, interactions: readonly KnownInteraction[]): Promise<boolean> {
  // PostgreSQL could turn EXISTS into a join that reads all interactions. It executes this for each user.
  const { rows } = await client.query(
    `SELECT FROM unnest($1::int[]) AS batch(id)
    WHERE (SELECT TRUE FROM interactions WHERE user_id = batch.id ORDER BY id LIMIT 1) LIMIT 1`,
    [[...new Set(interactions.map(({ userId }) => userId))]],
  );
  return rows.length === 0;
}

async function drawIds(client: PoolClient, count: number): Promise<Pick<BegunBatch, 'ids' | 'now'>> {
  if (count === 0) return { ids: [], now: 0 };
  const { rows } = await client.query<{ ids: string; now: Date }>(
    `SELECT string_agg(nextval('interactions_id_seq')::text, ',') AS ids, now() FROM generate_series(1, $1::int)`,
    [count],
  );
  const { ids, now } = rows[0] as { ids: string; now: Date };
  return { ids: ids.split(','), now: now.getTime() };
}
