import type { Principal } from '../access/principal.ts';
import type { GivenInteraction } from '../interactions/check-interaction.ts';
import { type RecordedBatch, recordInteractions } from '../interactions/record-interactions.ts';
import type { Services } from './request-context.ts';

/**
 * Records a batch of interactions for a caller, see `recordInteractions`. With `createMissing`, first creates the users
 * and items that the batch names; for a user only the user, since the catalog is not the user's. Waits until the server
 * knows a type that has just been declared.
 */
export async function recordBatch(
  { interactions, ratingScale, catalog }: Pick<Services, 'interactions' | 'ratingScale' | 'catalog'>,
  { role }: Principal,
  batch: readonly GivenInteraction[],
  createMissing: boolean | undefined,
): Promise<RecordedBatch> {
  const items = role !== 'USER';
  const creation = createMissing ? { users: true, items, maxItems: catalog.maxItemsIfNear } : undefined;
  await catalog.awaitTypes(batch.map(({ type }) => type));
  return recordInteractions(interactions, { types: catalog.types, ratingScale }, batch, creation);
}
