import type { PoolClient } from 'pg';
import { type LoadCount, type OnBytes, rejectOf } from '../catalog/bulk-catalog.ts';
import type { RatingScale } from '../catalog/interaction-value.ts';
import { notFoundMessage } from '../common/errors.ts';
import type { Dataset, InteractionRecord, OnReject } from '../datasets/dataset.ts';
import { copyInto, copyLine } from '../store/copy.ts';
import { within } from '../store/transaction.ts';
import { importedKeyPrefix } from './check-interaction.ts';

/** Internal keys by external ID. */
type Keys = ReadonlyMap<string, number>;

/** Rows per transaction: enough to be fast, and few enough to delay recording by only some tenths of a second. */
const rowsPerTransaction = 20_000;

/**
 * Streams the interactions of a dataset into a temporary table of this connection. Rejects interactions of unknown
 * users or items, and ratings outside the scale. Locks nothing, no matter how long the reading takes.
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
  await copyInto(client, 'staged_interactions', stagingLines(dataset, scale, users, items, onReject, onBytes));
  await client.query('CREATE INDEX ON staged_interactions (position)');
  await client.query('ANALYZE staged_interactions');
}

/**
 * Adds the staged interactions that are not stored yet, in their order, in batches with a transaction each. A
 * concurrent recording waits for one batch, not for the whole load. A load that is interrupted has added complete
 * batches, and the next load adds the rest.
 */
export async function addStagedInteractions(client: PoolClient, onAdded: (rows: number) => void): Promise<LoadCount> {
  const { rows } = await client.query<{ read: number }>('SELECT count(*)::int AS read FROM staged_interactions');
  const read = rows[0]?.read ?? 0;
  let added = 0;
  for (let start = 0; start < read; start += rowsPerTransaction) {
    const batch = [start, start + rowsPerTransaction];
    added += await within(client, async () => {
      await lockReferencedRows(client, batch);
      const { rowCount } = await client.query(
        `INSERT INTO interactions (user_id, item_id, type, value, occurred_at, idempotency_key)
         SELECT user_id, item_id, type, value, coalesce(occurred_at, now()), idempotency_key
         FROM staged_interactions WHERE position >= $1 AND position < $2 ORDER BY position
         ON CONFLICT (user_id, idempotency_key) DO NOTHING`,
        batch,
      );
      return rowCount ?? 0;
    });
    onAdded(Math.min(start + rowsPerTransaction, read));
  }
  return { read, added, changed: 0 };
}

/**
 * Prevents the users and items of a batch from being deleted until its transaction ends. It takes the lock of a foreign
 * key check once for every key instead of once for every row. With these locks, the server does not have to check each
 * row (nearly half of the load's time), if the connection's role is a superuser and can switch the check off. Users are
 * locked in the same order as in `insertInteractions`, so that IDs grow in the order in which a user's interactions
 * become visible.
 */
async function lockReferencedRows(client: PoolClient, batch: readonly number[]): Promise<void> {
  const staged = (column: string) => `SELECT ${column} FROM staged_interactions WHERE position >= $1 AND position < $2`;
  await client.query(
    `SELECT id FROM users WHERE id IN (${staged('user_id')}) ORDER BY external_id FOR NO KEY UPDATE`,
    batch as number[],
  );
  await client.query(
    `SELECT id FROM items WHERE id IN (${staged('item_id')}) ORDER BY id FOR KEY SHARE`,
    batch as number[],
  );
  await client.query(
    `DELETE FROM staged_interactions WHERE position >= $1 AND position < $2
       AND (user_id NOT IN (SELECT id FROM users) OR item_id NOT IN (SELECT id FROM items))`,
    batch as number[],
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
      const problem = interactionProblem(record, scale, users, items);
      if (problem) {
        onReject(rejectOf(row, problem));
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

function interactionProblem(
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
    return `expected a rating from ${scale.minimum} to ${scale.maximum}, got ${value}`;
  }
  return undefined;
}

/**
 * The same row of the same source has the same key in every import, so that a second import adds nothing. A rating
 * that has changed is a new interaction, which replaces the earlier one.
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
