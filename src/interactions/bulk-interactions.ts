import type { PoolClient } from 'pg';
import { type LoadCount, type OnBytes, rejectOf } from '../catalog/bulk-catalog.ts';
import type { RatingScale } from '../config.ts';
import type { Dataset, InteractionRecord, OnReject } from '../datasets/dataset.ts';
import { copyInto, copyLine } from '../store/copy.ts';

/** Internal keys by the client's ids. */
type Keys = ReadonlyMap<string, number>;

/**
 * Adds the interactions that are not there yet, in the order of the data set. Those of unknown users or items, or
 * with a rating off the scale, are rejected.
 *
 * Rows go through a staging table, because COPY itself cannot skip what is there already. Users are locked as
 * `recordInteraction` locks them, so that ids grow in the order in which a user's interactions become visible.
 */
export async function loadInteractions(
  client: PoolClient,
  scale: RatingScale,
  dataset: Dataset,
  onReject: OnReject,
  onBytes: OnBytes,
): Promise<LoadCount> {
  const users = await keysOf(client, 'users');
  const items = await keysOf(client, 'items');
  // Room to sort what is staged in memory.
  await client.query(`SET LOCAL work_mem = '64MB'`);
  await client.query(`
    CREATE TEMP TABLE staged_interactions (position int, user_id int, item_id int, type interaction_type,
      value float8, occurred_at timestamptz, idempotency_key text) ON COMMIT DROP`);
  await copyInto(
    client,
    'staged_interactions',
    stagingLines(dataset, scale, users, items, onReject, onBytes),
  );
  await lockReferencedRows(client);
  const { rowCount: added } = await client.query(`
    INSERT INTO interactions (user_id, item_id, type, value, occurred_at, idempotency_key)
    SELECT user_id, item_id, type, value, coalesce(occurred_at, now()), idempotency_key
    FROM staged_interactions ORDER BY position
    ON CONFLICT (user_id, idempotency_key) DO NOTHING`);
  await client.query(`SELECT set_config('session_replication_role', 'origin', true)
    WHERE current_setting('session_replication_role') = 'replica'`);
  const { rows } = await client.query<{ read: number }>(
    'SELECT count(*)::int AS read FROM staged_interactions',
  );
  return { read: rows[0]?.read ?? 0, added: added ?? 0, changed: 0 };
}

/**
 * Keeps the staged users and items from being deleted until the transaction ends: the lock that a foreign key takes
 * for every row, taken once for every key. With it held the server need not check each row again (nearly half of a
 * load's time), where the connection's role, a superuser's, may tell it so.
 */
async function lockReferencedRows(client: PoolClient): Promise<void> {
  await client.query(`
    SELECT id FROM users WHERE id IN (SELECT user_id FROM staged_interactions) ORDER BY id FOR NO KEY UPDATE`);
  await client.query(`
    SELECT id FROM items WHERE id IN (SELECT item_id FROM staged_interactions) ORDER BY id FOR KEY SHARE`);
  await client.query(`
    DELETE FROM staged_interactions WHERE user_id NOT IN (SELECT id FROM users) OR item_id NOT IN (SELECT id FROM items)`);
  await client.query(`
    SELECT set_config('session_replication_role', 'replica', true)
    WHERE current_setting('is_superuser')::bool`);
}

async function* stagingLines(
  dataset: Dataset,
  scale: RatingScale,
  users: Keys,
  items: Keys,
  onReject: OnReject,
  onBytes: OnBytes,
): AsyncGenerator<string> {
  let position = 0;
  for await (const { rows, bytes } of dataset.interactions(onReject)) {
    let chunk = '';
    for (const row of rows) {
      const { record } = row;
      const fault = interactionFault(record, scale, users, items);
      if (fault) {
        onReject(rejectOf(row, fault));
        continue;
      }
      chunk += copyLine([
        position++,
        users.get(record.userId) as number,
        items.get(record.itemId) as number,
        record.type,
        record.value,
        record.time,
        importKey(dataset.name, record),
      ]);
    }
    onBytes(bytes);
    if (chunk !== '') yield chunk;
  }
}

function interactionFault(
  record: InteractionRecord,
  scale: RatingScale,
  users: Keys,
  items: Keys,
): string | undefined {
  if (!users.has(record.userId)) return `there is no user with the id ${JSON.stringify(record.userId)}`;
  if (!items.has(record.itemId)) return `there is no item with the id ${JSON.stringify(record.itemId)}`;
  const { type, value } = record;
  if (type !== 'RATE') return undefined;
  if (value === null || value < scale.minimum || value > scale.maximum) {
    return `a rating lies between ${scale.minimum} and ${scale.maximum}, got ${value}`;
  }
  return undefined;
}

/** The same row of the same source has the same key at every import, so that a second import adds nothing. */
function importKey(source: string, { type, itemId, time }: InteractionRecord): string {
  const key = `${source}:${type}:${itemId}`;
  return time === null ? key : `${key}@${time.getTime()}`;
}

async function keysOf(client: PoolClient, table: 'users' | 'items'): Promise<Keys> {
  const { rows } = await client.query<{ external_ids: string[]; ids: number[] }>(
    `SELECT coalesce(array_agg(external_id ORDER BY id), '{}') AS external_ids,
      coalesce(array_agg(id ORDER BY id), '{}') AS ids FROM ${table}`,
  );
  const { external_ids, ids } = rows[0] as { external_ids: string[]; ids: number[] };
  return new Map(external_ids.map((externalId, index) => [externalId, ids[index] as number]));
}
