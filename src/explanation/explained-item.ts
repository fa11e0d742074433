import { checkExternalId } from '../catalog/external-id.ts';
import { notFound, WarmstartError } from '../common/errors.ts';
import type { Adaptation, Embeddings, ListScope } from '../models/recommender.ts';
import type { ServedModel } from '../serving/served-models.ts';
import type { ServingSession } from '../serving/serving-session.ts';

/**
 * Returns the row of the item with this external ID. Throws BAD_USER_INPUT and ITEM_NOT_FOUND. The session must have
 * its moment.
 */
export function findExplainedItem({ platform }: ServingSession, externalId: string): number {
  checkExternalId('item', externalId);
  const row = platform.catalog.items.rowOfExternalId(externalId);
  if (row !== undefined) return row;
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
