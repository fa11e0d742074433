import { throwErrors } from '../common/errors.ts';
import { sql, type TransactionalDatabase } from '../store/database.ts';
import { yielding } from '../store/yielding.ts';
import { checkBatchSize, idListErrors } from './check-batch.ts';
import { missingItems } from './items.ts';
import { lockItems } from './items-lock.ts';

/**
 * Deletes items by external ID with all their interactions, and takes them out of all pools: all or none. Lists that are
 * being paged through go on without them. Model versions do not change.
 *
 * Throws BAD_USER_INPUT for every invalid ID, ITEM_NOT_FOUND for every unknown item, and UNAVAILABLE if interactions with
 * the items are recorded without a pause.
 */
export async function deleteItems(database: TransactionalDatabase, items: readonly string[]): Promise<void> {
  checkBatchSize(['items'], items);
  throwErrors(idListErrors(['items'], items));
  const distinct = [...new Set(items)];
  const isDone = await yielding(database, async (transaction) => {
    await lockItems(transaction);
    const found = await transaction.$queryRaw<unknown[]>(sql`
      SELECT id FROM items WHERE external_id = ANY(${distinct}::text[]) ORDER BY external_id FOR UPDATE`);
    if (found.length < distinct.length) return false;
    await transaction.item.deleteMany({ where: { externalId: { in: distinct } } });
    return true;
  });
  if (!isDone) throwErrors(await missingItems(database, ['items'], items));
}
