import { type FieldPath, notFound, type WarmstartError } from '../common/errors.ts';
import { type Database, type Item, sql } from '../store/database.ts';
import { inOrderOf } from '../store/in-order.ts';
import { availableSql } from './availability.ts';
import { checkExternalId } from './external-id.ts';
import { declaredFields } from './feature-fields.ts';
import { checkItemFilter, type ItemFilter } from './item-filter.ts';
import { sqlOf } from './item-filter-sql.ts';

/** The columns of `items`, with the names of an `Item`. */
export const itemColumns = sql`items.id, items.external_id AS "externalId", items.title, items.features,
  items.available, items.available_from AS "availableFrom", items.available_until AS "availableUntil", items.revision, items.created_at AS "createdAt", items.updated_at AS "updatedAt"`;

export async function findItem(database: Database, externalId: string): Promise<Item | null> {
  checkExternalId('externalId', externalId);
  return database.item.findUnique({ where: { externalId } });
}

/**
 * Returns at most `limit` items after `afterId` that pass the filter, ordered by internal ID.
 * Throws BAD_USER_INPUT if the filter is invalid.
 */
export async function listItems(
  database: Database,
  limit: number,
  afterId: number,
  filter?: ItemFilter | null,
): Promise<Item[]> {
  const conditions = filter?.features?.length ? checkItemFilter(await declaredFields(database), filter) : [];
  const onAvailability = filter && !filter.includeUnavailable ? availableSql() : sql`TRUE`;
  return database.$queryRaw<Item[]>(sql`
    SELECT ${itemColumns} FROM items WHERE id > ${afterId} AND ${onAvailability} AND ${sqlOf(conditions)}
    ORDER BY id LIMIT ${limit}`);
}

/** Returns items by external ID, in the given order; `null` for an ID that no item has. The IDs must be valid. */
export async function itemsByExternalId(database: Database, externalIds: readonly string[]): Promise<(Item | null)[]> {
  const rows = await database.item.findMany({ where: { externalId: { in: [...externalIds] } } });
  return inOrderOf(externalIds, rows, ({ externalId }) => externalId);
}

/** Returns the numbers of interactions of items, in the order of `ids`. */
export async function interactionCounts(database: Database, ids: readonly number[]): Promise<number[]> {
  const rows = await database.itemPopularity.findMany({ where: { itemId: { in: [...ids] } } });
  return inOrderOf(ids, rows, ({ itemId }) => itemId).map((row) => row?.interactions ?? 0);
}

/** Returns an error for each external ID at `path` that no item has. */
export async function missingItems(
  database: Database,
  path: FieldPath,
  externalIds: readonly string[],
): Promise<WarmstartError[]> {
  const [row] = await database.$queryRaw<{ known: string[] }[]>(sql`
    SELECT coalesce(array_agg(external_id), '{}') AS known FROM items
    WHERE external_id = ANY(${externalIds}::text[])`);
  const known = new Set(row?.known);
  return externalIds.flatMap((id, index) => (known.has(id) ? [] : [notFound('item', id, [...path, index])]));
}
