import type { PoolClient } from 'pg';
import { selectTypes } from '../catalog/interaction-types.ts';
import { type InteractionType, InteractionTypes, maxInteractionTypes } from '../features/interaction-types.ts';
import type { KnownInteraction } from './known-interactions.ts';

/** Tells the trigger `count_added_interactions` that this transaction calls `addPopularity`. */
export const countApart = `SELECT set_config('warmstart.popularity_is_counted', 'on', true)`;

/**
 * Adds interactions to the popularity of their items, in about half of the time of the trigger. They must be the first
 * ones of their users, by user, and this transaction must have stored them: then nobody changes what types mean before it
 * ends.
 */
export async function addPopularity(client: PoolClient, interactions: readonly KnownInteraction[]): Promise<void> {
  const { rows } = await client.query<InteractionType>(selectTypes);
  const added = [...addedPopularity(interactions, new InteractionTypes(rows))].sort(([a], [b]) => a - b);
  await client.query('SELECT add_popularity($1, $2, $3)', [
    added.map(([item]) => item),
    added.map(([, { interactions }]) => interactions),
    added.map(([, { positives }]) => positives),
  ]);
}

/** What interactions add to the popularity of an item. */
interface AddedPopularity {
  interactions: number;
  positives: number;
}

/** Counts by item. Takes all interactions of some users, by user. */
function addedPopularity(
  interactions: readonly KnownInteraction[],
  types: InteractionTypes,
): Map<number, AddedPopularity> {
  const counts = new Map<number, AddedPopularity>();
  /** The items and types of the user's positives so far. */
  const positives = new Set<number>();
  let user: number | undefined;
  for (const { userId, itemId, type, value } of interactions) {
    if (userId !== user) positives.clear();
    user = userId;
    const added = counts.get(itemId) ?? { interactions: 0, positives: 0 };
    added.interactions++;
    counts.set(itemId, added);
    const index = types.indexOf(type) as number;
    if (!((types.opinionOf(index, value) ?? 0) > 0)) continue;
    const itemAndType = itemId * maxInteractionTypes + index;
    if (!types.all[index]?.countsOnce || !positives.has(itemAndType)) added.positives++;
    positives.add(itemAndType);
  }
  return counts;
}
