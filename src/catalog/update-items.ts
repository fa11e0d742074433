import { inputError, throwErrors } from '../common/errors.ts';
import { type Database, type Item, sql } from '../store/database.ts';
import { inOrderOf } from '../store/in-order.ts';
import { checkBatchSize, externalIdErrors, titleErrors } from './check-batch.ts';
import { featureErrorsOf, plainFeatures, type UncheckedFeatures } from './check-features.ts';
import { checkingStoredTimes, idsGiving, timeErrors } from './check-times.ts';
import { declaredFields } from './feature-fields.ts';
import { itemColumns, missingItems } from './items.ts';

/** A change of a stored item. What is absent stays as it is, and so does what is `null`, except for times. */
export interface ItemChange {
  readonly externalId: string;
  readonly title?: string | null | undefined;
  /** The features to change; others stay. A feature that is `null` becomes unknown. */
  readonly features?: UncheckedFeatures | null | undefined;
  readonly available?: boolean | null | undefined;
  /** `null` removes the time. */
  readonly availableFrom?: Date | null | undefined;
  readonly availableUntil?: Date | null | undefined;
}

/**
 * Changes parts of stored items, all or none. Returns the items in the order of the input. Throws BAD_USER_INPUT for
 * every invalid ID, title, feature and time, and for a change of nothing, and ITEM_NOT_FOUND for every unknown item.
 */
export async function updateItems(database: Database, changes: readonly ItemChange[]): Promise<Item[]> {
  checkBatchSize(['items'], changes);
  const fields = await declaredFields(database);
  const featureErrors = featureErrorsOf(fields, 'item');
  throwErrors([
    ...externalIdErrors(['items'], changes),
    ...titleErrors(
      ['items'],
      changes.map(({ title }) => ({ title: title ?? 'stays' })),
    ),
    ...changes.flatMap(({ features }, index) => featureErrors(features ?? {}, ['items', index, 'features'])),
    ...timeErrors(['items'], changes),
    ...changes.flatMap((change, index) => (isEmpty(change) ? [inputError(['items', index], nothingToChange)] : [])),
  ]);
  const ids = changes.map(({ externalId }) => externalId);
  const plain = plainFeatures(fields, 'item');
  const stored = changes.map((change) => ({ ...change, features: plain(change.features) }));
  const rows = await checkingStoredTimes(database, ['items'], changes, () => storeChanges(database, stored));
  if (rows.length > 0) return inOrderOf(ids, rows, ({ externalId }) => externalId) as Item[];
  throwErrors(await missingItems(database, ['items'], ids));
  // The missing items have been added in the meantime.
  return updateItems(database, changes);
}

const nothingToChange =
  'expected a title, features, or a value of available, availableFrom or availableUntil to change, got none';

function isEmpty({ title, features, available, availableFrom, availableUntil }: ItemChange): boolean {
  if (availableFrom !== undefined || availableUntil !== undefined) return false;
  return title == null && available == null && Object.keys(features ?? {}).length === 0;
}

/** Locks the rows in the order of external IDs, like `upsertUsers`. Changes nothing unless all items exist. */
async function storeChanges(database: Database, changes: readonly ItemChange[]): Promise<Item[]> {
  const entries = JSON.stringify(changes);
  return database.$queryRaw<Item[]>(sql`
    WITH entries AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(${entries}::jsonb)
        AS entry("externalId" text, title text, features jsonb, available bool,
          "availableFrom" timestamptz(3), "availableUntil" timestamptz(3))
    ), found AS MATERIALIZED (
      SELECT id FROM items WHERE external_id IN (SELECT "externalId" FROM entries)
      ORDER BY external_id FOR NO KEY UPDATE
    )
    UPDATE items SET title = coalesce(entries.title, items.title), features = items.features || entries.features,
      available = coalesce(entries.available, items.available), updated_at = now(),
      available_from = CASE WHEN items.external_id = ANY(${idsGiving('availableFrom', changes)}::text[])
        THEN entries."availableFrom" ELSE items.available_from END,
      available_until = CASE WHEN items.external_id = ANY(${idsGiving('availableUntil', changes)}::text[])
        THEN entries."availableUntil" ELSE items.available_until END
    FROM entries, found
    WHERE items.external_id = entries."externalId" AND items.id = found.id
      AND (SELECT count(*) FROM found) = ${changes.length}
    RETURNING ${itemColumns}`);
}
