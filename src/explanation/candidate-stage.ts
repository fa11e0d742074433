import { findCandidates } from '../serving/candidates.ts';
import type { RecommendationList } from '../serving/recommendation-list.ts';
import type { ServingSession } from '../serving/serving-session.ts';

/** How an item came to be scored; `NOT_RETRIEVED` when it did not. */
export type CandidateStage = 'SCENARIO' | 'POPULAR' | 'FRESH' | 'NOT_RETRIEVED';

/**
 * The stage of `findCandidates` that gives the item. One that nobody has met is fresh even where there is room for it among
 * the most popular, as the reasons of a list have it.
 */
export async function candidateStage(
  { platform }: ServingSession,
  { bounds, conditions, scenario }: RecommendationList,
  itemId: number,
): Promise<CandidateStage> {
  const search = { bounds, limit: platform.maxCandidates, again: false };
  const { ids, newest, unmet } = await findCandidates(platform.database, conditions, search);
  if (!ids.includes(itemId)) return 'NOT_RETRIEVED';
  if (scenario) return 'SCENARIO';
  return newest.includes(itemId) || unmet.includes(itemId) ? 'FRESH' : 'POPULAR';
}
