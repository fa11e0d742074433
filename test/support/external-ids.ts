import type { Database } from '../../src/store/database.ts';

/** Returns the external IDs of items, in the given order. */
export async function externalIds(
  database: Database,
  listed: readonly { readonly itemId: number }[],
): Promise<string[]> {
  const rows = await database.item.findMany({ where: { id: { in: listed.map(({ itemId }) => itemId) } } });
  const byId = new Map(rows.map(({ id, externalId }) => [id, externalId]));
  return listed.map(({ itemId }) => byId.get(itemId) as string);
}
