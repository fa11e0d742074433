import { throwErrors } from '../common/errors.ts';
import { type Database, type Item, sql } from '../store/database.ts';
import { inOrderOf } from '../store/in-order.ts';
import { checkBatchSize, idListErrors } from './check-batch.ts';
import { itemColumns, missingItems } from './items.ts';

/**
 * Sets the availability of items by external ID, all or none, and returns the items in the order of the input.
 * Throws BAD_USER_INPUT for every invalid ID, and ITEM_NOT_FOUND for every unknown item.
 */
export async function setItemAvailability(
  database: Database,
  items: readonly string[],
  available: boolean,
): Promise<Item[]> {
  checkBatchSize(['items'], items);
  throwErrors(idListErrors(['items'], items));
  const rows = await updateItems(database, [...new Set(items)], available);
  if (rows.length === 0) {
    throwErrors(await missingItems(database, ['items'], items));
    // The missing items have been added in the meantime.
    return setItemAvailability(database, items, available);
  }
  return inOrderOf(items, rows, ({ externalId }) => externalId) as Item[];
}

/** Locks the rows in the order of external IDs, like `upsertUsers`. Changes nothing unless all items exist. */
async function updateItems(database: Database, externalIds: readonly string[], available: boolean): Promise<Item[]> {
  return database.$queryRaw<Item[]>(sql`
    WITH found AS MATERIALIZED (
      SELECT id FROM items WHERE external_id = ANY(${externalIds}::text[]) ORDER BY external_id FOR NO KEY UPDATE
    )
    UPDATE items SET available = ${available}, updated_at = now() FROM found
    WHERE items.id = found.id AND (SELECT count(*) FROM found) = ${externalIds.length}
    RETURNING ${itemColumns}`);
}
