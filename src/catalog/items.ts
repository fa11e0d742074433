import type { Database, Item } from '../store/database.ts';
import { inOrder } from '../store/in-order.ts';
import { checkExternalId } from './external-id.ts';

export async function findItem(database: Database, externalId: string): Promise<Item | null> {
  checkExternalId('item id', externalId);
  return database.item.findUnique({ where: { externalId } });
}

/** Items by internal id, in the order asked for; `null` where there is none. */
export async function itemsById(database: Database, ids: readonly number[]): Promise<(Item | null)[]> {
  return inOrder(ids, await database.item.findMany({ where: { id: { in: [...ids] } } }));
}
