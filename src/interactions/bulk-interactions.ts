import type { PoolClient } from 'pg';
import { type LoadCount, type OnBytes, rejectOf } from '../catalog/bulk-catalog.ts';
import type { RatingScale } from '../catalog/interaction-value.ts';
import { notFoundMessage } from '../common/errors.ts';
import type { Dataset, InteractionRecord, OnReject } from '../datasets/dataset.ts';
import { copyInto, copyLine } from '../store/copy.ts';
import { within } from '../store/transaction.ts';
import { importedKeyPrefix } from './check-interaction.ts';

/** Internal keys by the client's ids. */
type Keys = ReadonlyMap<string, number>;

/** Rows that one transaction adds: enough to be fast, few enough to hold up recording for some tenths of a second. */
const rowsPerTransaction = 20_000;

/**
 * Streams the interactions of a data set into a table of this connection's own. Those of unknown users or items, or with a
 * rating off the scale, are rejected. Nothing is locked yet, however long the reading takes.
 */
export async function stageInteractions(
  client: PoolClient,
  scale: RatingScale,
  dataset: Dataset,
  onReject: OnReject,
  onBytes: OnBytes,
): Promise<void> {
  const users = await keysOf(client, 'users');
  const items = await keysOf(client, 'items');
  await client.query(`
    CREATE TEMP TABLE staged_interactions (position int, user_id int, item_id int, type interaction_type,
      value float8, occurred_at timestamptz, idempotency_key text)`);
  await copyInto(
    client,
    'staged_interactions',
    stagingLines(dataset, scale, users, items, onReject, onBytes),
  );
  await client.query('CREATE INDEX ON staged_interactions (position)');
  await client.query('ANALYZE staged_interactions');
}

/**
 * Adds the staged interactions that are not there yet, in their order, some at a time, each lot in a transaction of
 * its own: whoever records meanwhile waits for a lot, not for the whole load. A load that dies on the way has added
 * whole lots, and the next one adds the rest.
 */
export async function addStagedInteractions(
  client: PoolClient,
  onAdded: (rows: number) => void,
): Promise<LoadCount> {
  const { rows } = await client.query<{ read: number }>(
    'SELECT count(*)::int AS read FROM staged_interactions',
  );
  const read = rows[0]?.read ?? 0;
  let added = 0;
  for (let start = 0; start < read; start += rowsPerTransaction) {
    const lot = [start, start + rowsPerTransaction];
    added += await within(client, async () => {
      await lockReferencedRows(client, lot);
      const { rowCount } = await client.query(
        `INSERT INTO interactions (user_id, item_id, type, value, occurred_at, idempotency_key)
         SELECT user_id, item_id, type, value, coalesce(occurred_at, now()), idempotency_key
         FROM staged_interactions WHERE position >= $1 AND position < $2 ORDER BY position
         ON CONFLICT (user_id, idempotency_key) DO NOTHING`,
        lot,
      );
      return rowCount ?? 0;
    });
    onAdded(Math.min(start + rowsPerTransaction, read));
  }
  return { read, added, changed: 0 };
}

/**
 * Keeps the users and items of a lot from being deleted until its transaction ends: the lock that a foreign key takes
 * for every row, taken once for every key. With it held the server need not check each row again (nearly half of a
 * load's time), where the connection's role, a superuser's, may tell it so. Users are locked as `insertInteractions`
 * locks them, in the same order, so that ids grow in the order in which a user's interactions become visible.
 */
async function lockReferencedRows(client: PoolClient, lot: readonly number[]): Promise<void> {
  const staged = (column: string) =>
    `SELECT ${column} FROM staged_interactions WHERE position >= $1 AND position < $2`;
  await client.query(
    `SELECT id FROM users WHERE id IN (${staged('user_id')}) ORDER BY external_id FOR NO KEY UPDATE`,
    lot as number[],
  );
  await client.query(
    `SELECT id FROM items WHERE id IN (${staged('item_id')}) ORDER BY id FOR KEY SHARE`,
    lot as number[],
  );
  await client.query(
    `DELETE FROM staged_interactions WHERE position >= $1 AND position < $2
       AND (user_id NOT IN (SELECT id FROM users) OR item_id NOT IN (SELECT id FROM items))`,
    lot as number[],
  );
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
  if (!users.has(record.userId)) return notFoundMessage('user', record.userId);
  if (!items.has(record.itemId)) return notFoundMessage('item', record.itemId);
  const { type, value } = record;
  if (type !== 'RATE') return undefined;
  if (value === null || value < scale.minimum || value > scale.maximum) {
    return `a rating lies between ${scale.minimum} and ${scale.maximum}, got ${value}`;
  }
  return undefined;
}

/**
 * The same row of the same source has the same key at every import, so that a second import adds nothing; a rating
 * that has changed since is another interaction, which replaces the earlier one.
 */
function importKey(source: string, { type, itemId, value }: InteractionRecord): string {
  return `${importedKeyPrefix}${source}:${type}:${itemId}:${value}`;
}

async function keysOf(client: PoolClient, table: 'users' | 'items'): Promise<Keys> {
  const { rows } = await client.query<{ external_ids: string[]; ids: number[] }>(
    `SELECT coalesce(array_agg(external_id ORDER BY id), '{}') AS external_ids,
      coalesce(array_agg(id ORDER BY id), '{}') AS ids FROM ${table}`,
  );
  const { external_ids, ids } = rows[0] as { external_ids: string[]; ids: number[] };
  return new Map(external_ids.map((externalId, index) => [externalId, ids[index] as number]));
}
