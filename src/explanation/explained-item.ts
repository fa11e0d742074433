import { checkExternalId } from '../catalog/external-id.ts';
import { WarmstartError } from '../common/errors.ts';
import type { Database } from '../store/database.ts';

/** An item as far as a model needs it. */
export interface ExplainedItem {
  readonly id: number;
  readonly revision: number;
}

/** Throws BAD_USER_INPUT and ITEM_NOT_FOUND. */
export async function findExplainedItem(database: Database, externalId: string): Promise<ExplainedItem> {
  checkExternalId('item', externalId);
  const item = await database.item.findUnique({
    where: { externalId },
    select: { id: true, revision: true },
  });
  if (item) return item;
  throw new WarmstartError('ITEM_NOT_FOUND', `there is no item with the id ${JSON.stringify(externalId)}`, {
    field: ['item'],
  });
}
