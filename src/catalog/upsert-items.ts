import { inputError, throwErrors } from '../common/errors.ts';
import { type Database, type Item, sql, type TransactionalDatabase } from '../store/database.ts';
import { inOrderOf } from '../store/in-order.ts';
import { checkBatchSize, externalIdErrors, titleErrors } from './check-batch.ts';
import { featureErrorsOf, plainFeatures, type UncheckedFeatures } from './check-features.ts';
import { checkingStoredTimes, idsGiving, timeErrors } from './check-times.ts';
import { declaredFields } from './feature-fields.ts';
import { itemColumns } from './items.ts';

export interface ItemInput {
  readonly externalId: string;
  readonly title: string;
  /** Default: no features. */
  readonly features?: UncheckedFeatures | null | undefined;
  /** Default: unchanged, or true for a new item. */
  readonly available?: boolean | null | undefined;
  /** Default: unchanged, or none for a new item. `null` removes the time. */
  readonly availableFrom?: Date | null | undefined;
  readonly availableUntil?: Date | null | undefined;
}

/**
 * Adds items, or replaces title and features of existing items, all or none. Returns the items in the order of the
 * input. Throws BAD_USER_INPUT for every invalid ID, title, feature and time, and if there would be more than `maxItems`
 * items in all. Default: no maximum.
 */
export async function upsertItems(
  database: TransactionalDatabase,
  items: readonly ItemInput[],
  maxItems?: number,
): Promise<Item[]> {
  checkBatchSize(['items'], items);
  const fields = await declaredFields(database);
  const featureErrors = featureErrorsOf(fields, 'item');
  throwErrors([
    ...externalIdErrors(['items'], items),
    ...titleErrors(['items'], items),
    ...items.flatMap(({ features }, index) => featureErrors(features ?? {}, ['items', index, 'features'])),
    ...timeErrors(['items'], items),
  ]);
  const plain = plainFeatures(fields, 'item');
  const stored = items.map((item) => ({ ...item, features: plain(item.features) }));
  return checkingStoredTimes(database, ['items'], items, () =>
    maxItems === undefined ? storeItems(database, stored) : storeWithin(database, stored, maxItems),
  );
}

/** Sets this advisory lock apart from all others. */
const roomLock = 1_919_905_645;

/** In milliseconds; leaves time for other calls that count. */
const counting = { maxWait: 10_000, timeout: 20_000 };

/**
 * Counts all items if some are new, so it is for catalogs that are nearly full. Of concurrent calls, each counts what the
 * others added.
 */
async function storeWithin(
  database: TransactionalDatabase,
  items: readonly ItemInput[],
  maxItems: number,
): Promise<Item[]> {
  if ((await countNew(database, items)) === 0) return storeItems(database, items);
  return database.$transaction(async (transaction) => {
    await transaction.$executeRaw(sql`SELECT pg_advisory_xact_lock(${roomLock}::bigint)`);
    const added = await countNew(transaction, items);
    if (added > 0 && (await transaction.item.count()) + added > maxItems)
      throw inputError(['items'], `a server keeps at most ${maxItems} items in memory; raise WARMSTART_MAX_ITEMS`);
    return storeItems(transaction, items);
  }, counting);
}

async function countNew(database: Database, items: readonly ItemInput[]): Promise<number> {
  const ids = items.map(({ externalId }) => externalId);
  return ids.length - (await database.item.count({ where: { externalId: { in: ids } } }));
}

/** Uses IDs and locks like `upsertUsers`. A trigger increments the revision of an item whose features change. */
async function storeItems(database: Database, items: readonly ItemInput[]): Promise<Item[]> {
  const entries = JSON.stringify(items.map((item, position) => ({ ...item, position })));
  // Read once the row is locked, so that a concurrent change of the availability is not overwritten by the default.
  const availability = JSON.stringify(
    Object.fromEntries(items.map((item) => [item.externalId, item.available ?? null])),
  );
  const rows = await database.$queryRaw<Item[]>(sql`
    WITH entries AS MATERIALIZED (
      SELECT coalesce(known_id, nextval('items_id_seq')) AS id, entry.* FROM (
        SELECT known.id AS known_id, entry.*
        FROM jsonb_to_recordset(${entries}::jsonb)
          AS entry(position int, "externalId" text, title text, features jsonb, available bool,
            "availableFrom" timestamptz(3), "availableUntil" timestamptz(3))
          LEFT JOIN items AS known ON known.external_id = entry."externalId" ORDER BY position
      ) AS entry
    )
    INSERT INTO items (id, external_id, title, features, available, available_from, available_until)
    SELECT id, "externalId", title, features, coalesce(available, TRUE), "availableFrom", "availableUntil"
    FROM entries ORDER BY "externalId"
    ON CONFLICT (external_id) DO UPDATE SET title = EXCLUDED.title, features = EXCLUDED.features, updated_at = now(),
      available = coalesce((${availability}::jsonb ->> EXCLUDED.external_id)::bool, items.available),
      available_from = CASE WHEN EXCLUDED.external_id = ANY(${idsGiving('availableFrom', items)}::text[])
        THEN EXCLUDED.available_from ELSE items.available_from END,
      available_until = CASE WHEN EXCLUDED.external_id = ANY(${idsGiving('availableUntil', items)}::text[])
        THEN EXCLUDED.available_until ELSE items.available_until END
    RETURNING ${itemColumns}`);
  const ids = items.map(({ externalId }) => externalId);
  return inOrderOf(ids, rows, ({ externalId }) => externalId) as Item[];
}
