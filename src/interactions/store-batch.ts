import type { PoolClient } from 'pg';
import { copyInto, copyLine } from '../store/copy.ts';
import type { KnownInteraction } from './known-interactions.ts';

/** Rows that are sent at once, so that the event loop turns in between. */
const rowsPerChunk = 2000;

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
}

/**
 * Begins the transaction of a batch: locks its users and items, leaves out what is already stored and what belongs to a
 * user or item that was deleted in the meantime, and draws IDs for the rest.
 *
 * Users are locked before IDs are drawn, in the same order as in `insertInteractions`. IDs therefore grow in the order in
 * which a user's interactions become visible, and no other load can store the same interactions.
 */
export async function beginBatch(
  client: PoolClient,
  dataset: string,
  batch: readonly KnownInteraction[],
  users: ReadonlySet<number>,
): Promise<BegunBatch> {
  await client.query(begin);
  const lasting = await lockReferencedRows(client, users, new Set(batch.map(({ itemId }) => itemId)));
  const earlier = await storedNames(client, dataset, batch, users);
  const interactions = batch.filter((interaction) => {
    if (!lasting.users.has(interaction.userId) || !lasting.items.has(interaction.itemId)) return false;
    const name = nameOf(interaction);
    if (earlier.has(name)) return false;
    earlier.add(name);
    return true;
  });
  return { interactions, ids: await drawIds(client, interactions.length) };
}

/** Stores the interactions and ends the transaction. */
export async function storeBatch(
  client: PoolClient,
  dataset: string,
  { interactions, ids }: BegunBatch,
): Promise<void> {
  if (interactions.length > 0) {
    const columns = 'id, user_id, item_id, type, value, occurred_at, dataset';
    await copyInto(client, `interactions (${columns})`, linesOf(interactions, ids, dataset));
  }
  await client.query('COMMIT');
}

/** Takes the locks of foreign keys, once for each row that the batch refers to. Returns the rows that still exist. */
async function lockReferencedRows(client: PoolClient, users: ReadonlySet<number>, items: ReadonlySet<number>) {
  const lock = async (statement: string, ids: ReadonlySet<number>) => {
    const { rows } = await client.query<{ ids: number[] }>(
      `WITH locked AS MATERIALIZED (${statement}) SELECT coalesce(array_agg(id), '{}') AS ids FROM locked`,
      [[...ids]],
    );
    return new Set(rows[0]?.ids);
  };
  return {
    users: await lock('SELECT id FROM users WHERE id = ANY($1) ORDER BY external_id FOR NO KEY UPDATE', users),
    items: await lock('SELECT id FROM items WHERE id = ANY($1) ORDER BY id FOR KEY SHARE', items),
  };
}

/** Returns the names of the batch's interactions that this dataset has stored. */
async function storedNames(
  client: PoolClient,
  dataset: string,
  batch: readonly KnownInteraction[],
  users: ReadonlySet<number>,
): Promise<Set<string>> {
  const { rows: loaded } = await client.query<{ id: number }>(
    `SELECT id FROM unnest($1::int[]) AS batch(id)
    WHERE EXISTS (SELECT FROM interactions WHERE user_id = batch.id AND dataset = $2)`,
    [[...users], dataset],
  );
  if (loaded.length === 0) return new Set();
  const loadedUsers = new Set(loaded.map(({ id }) => id));
  const pairs = batch.filter(({ userId }) => loadedUsers.has(userId));
  // IS TRUE prevents a join, which would read a user's interactions again for each of the user's rows in the batch.
  const { rows } = await client.query<Omit<KnownInteraction, 'time'>>(
    `SELECT user_id AS "userId", item_id AS "itemId", type::text, value FROM interactions
    WHERE user_id = ANY($1) AND dataset = $2
      AND ((user_id, item_id) IN (SELECT * FROM unnest($3::int[], $4::int[]))) IS TRUE`,
    [[...loadedUsers], dataset, pairs.map(({ userId }) => userId), pairs.map(({ itemId }) => itemId)],
  );
  return new Set(rows.map(nameOf));
}

/** What makes an interaction of a dataset the same one. A rating that has changed is a new interaction. */
function nameOf({ userId, itemId, type, value }: Omit<KnownInteraction, 'time'>): string {
  return `${userId}:${itemId}:${type}:${value}`;
}

async function drawIds(client: PoolClient, count: number): Promise<string[]> {
  if (count === 0) return [];
  const { rows } = await client.query<{ ids: string }>(
    `SELECT string_agg(nextval('interactions_id_seq')::text, ',') AS ids FROM generate_series(1, $1::int)`,
    [count],
  );
  return (rows[0] as { ids: string }).ids.split(',');
}

async function* linesOf(
  interactions: readonly KnownInteraction[],
  ids: readonly string[],
  dataset: string,
): AsyncGenerator<string> {
  const end = copyLine([dataset]);
  for (let start = 0; start < interactions.length; start += rowsPerChunk) {
    let chunk = '';
    for (const [index, row] of interactions.slice(start, start + rowsPerChunk).entries()) {
      const { userId, itemId, type, value, time } = row;
      // None of these needs to be escaped.
      chunk += `${ids[start + index]}\t${userId}\t${itemId}\t${type}\t${value ?? '\\N'}\t${time?.toISOString() ?? 'now'}\t${end}`;
    }
    yield chunk;
  }
}
