import { type FieldPath, notFound, type WarmstartError } from '../common/errors.ts';
import { type Database, type Item, sql } from '../store/database.ts';
import { inOrder, inOrderOf } from '../store/in-order.ts';
import { checkExternalId } from './external-id.ts';
import { declaredFields } from './feature-fields.ts';
import { checkItemFilter, type ItemFilter } from './item-filter.ts';

/** Columns of `items` as an `Item` has them. */
export const itemColumns = sql`items.id, items.external_id AS "externalId", items.title, items.features,
  items.available, items.revision, items.created_at AS "createdAt", items.updated_at AS "updatedAt"`;

export async function findItem(database: Database, externalId: string): Promise<Item | null> {
  checkExternalId('externalId', externalId);
  return database.item.findUnique({ where: { externalId } });
}

/**
 * The items after `afterId`, at most `limit`, by internal id; with a filter only those that pass it.
 * Throws BAD_USER_INPUT for a filter that cannot be.
 */
export async function listItems(
  database: Database,
  limit: number,
  afterId: number,
  filter?: ItemFilter | null,
): Promise<Item[]> {
  const passed = filter ? await checkItemFilter(() => declaredFields(database), filter) : everything;
  return database.$queryRaw<Item[]>(sql`
    SELECT ${itemColumns} FROM items WHERE id > ${afterId} AND ${passed.onAvailability} AND ${passed.onFeatures}
    ORDER BY id LIMIT ${limit}`);
}

const everything = { onFeatures: sql`TRUE`, onAvailability: sql`TRUE` };

/** Items by internal id, in the order asked for; `null` where there is none. */
export async function itemsById(database: Database, ids: readonly number[]): Promise<(Item | null)[]> {
  return inOrder(ids, await database.item.findMany({ where: { id: { in: [...ids] } } }));
}

/** Items by the client's ids, which must be storable, in the order asked for; `null` where there is none. */
export async function itemsByExternalId(
  database: Database,
  externalIds: readonly string[],
): Promise<(Item | null)[]> {
  const rows = await database.item.findMany({ where: { externalId: { in: [...externalIds] } } });
  return inOrderOf(externalIds, rows, ({ externalId }) => externalId);
}

/** How many interactions items have, in the order of their internal ids asked for. */
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

/** SQL for FROM: all items, each with its row of `item_popularity` if it has interactions. */
export const itemsWithPopularity = sql`items LEFT JOIN item_popularity ON item_id = items.id`;

/** SQL for SELECT: the number of interactions of an item of `itemsWithPopularity`. */
export const interactionCount = sql`coalesce(interactions, 0)`;
