import type { ApiKey, Database } from '../store/database.ts';
import { inOrder } from '../store/in-order.ts';

/** Keys by id, in the order asked for; `null` where there is none. */
export async function apiKeysById(database: Database, ids: readonly number[]): Promise<(ApiKey | null)[]> {
  return inOrder(ids, await database.apiKey.findMany({ where: { id: { in: [...ids] } } }));
}
