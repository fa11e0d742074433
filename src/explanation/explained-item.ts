import { checkExternalId } from '../catalog/external-id.ts';
import { notFound, WarmstartError } from '../common/errors.ts';
import type { Adaptation, Embeddings, ListScope } from '../models/recommender.ts';
import type { ServedModel } from '../serving/served-models.ts';
import type { Database } from '../store/database.ts';

/** The properties of an item that a model needs. */
export interface ExplainedItem {
  readonly id: number;
  readonly revision: number;
}

/** Returns the item with this external ID. Throws BAD_USER_INPUT and ITEM_NOT_FOUND. */
export async function findExplainedItem(database: Database, externalId: string): Promise<ExplainedItem> {
  checkExternalId('item', externalId);
  const item = await database.item.findUnique({
    where: { externalId },
    select: { id: true, revision: true },
  });
  if (item) return item;
  throw notFound('item', externalId, ['item']);
}

/** What a score is of: an item for a user, `[1, width]` each, in a list. */
export interface ScoredPair {
  readonly user: Embeddings;
  readonly item: Embeddings;
  readonly scope: ListScope;
}

/** Returns the score of one item for one user. */
export async function scoreItem(
  { recommender }: ServedModel,
  adaptation: Adaptation,
  { user, item, scope }: ScoredPair,
): Promise<number> {
  const [score] = await recommender.score(adaptation, user, item, scope);
  return score as number;
}

/** The error for a list or a model that cannot be explained. */
export function nothingToExplain(message: string): WarmstartError {
  return new WarmstartError('NOTHING_TO_EXPLAIN', message);
}
