import { throwErrors } from '../common/errors.ts';
import { type Database, type Item, sql } from '../store/database.ts';
import { inOrderOf } from '../store/in-order.ts';
import { checkBatchSize, idListFaults } from './check-batch.ts';
import { itemColumns, missingItems } from './items.ts';

/**
 * Says whether items, by the client's ids, may be recommended, all or none; returns them in the order of the input.
 * Throws BAD_USER_INPUT for every id that cannot be, and ITEM_NOT_FOUND for every item that is not there.
 */
export async function setItemAvailability(
  database: Database,
  items: readonly string[],
  available: boolean,
): Promise<Item[]> {
  checkBatchSize(['items'], items);
  throwErrors(idListFaults(['items'], items));
  const rows = await updateItems(database, [...new Set(items)], available);
  if (rows.length === 0) {
    throwErrors(await missingItems(database, ['items'], items));
    // What was missing came meanwhile.
    return setItemAvailability(database, items, available);
  }
  return inOrderOf(items, rows, ({ externalId }) => externalId) as Item[];
}

/** Rows are locked in the order of the client's ids, see `upsertUsers`; unless all are there, none is changed. */
async function updateItems(
  database: Database,
  externalIds: readonly string[],
  available: boolean,
): Promise<Item[]> {
  return database.$queryRaw<Item[]>(sql`
    WITH found AS MATERIALIZED (
      SELECT id FROM items WHERE external_id = ANY(${externalIds}::text[]) ORDER BY external_id FOR NO KEY UPDATE
    )
    UPDATE items SET available = ${available}, updated_at = now() FROM found
    WHERE items.id = found.id AND (SELECT count(*) FROM found) = ${externalIds.length}
    RETURNING ${itemColumns}`);
}
