import type { RecommendationList } from '../serving/recommendation-list.ts';
import { best, type ScoredItem } from '../serving/score-candidates.ts';
import { scoreList } from '../serving/score-list.ts';
import type { ServingSession } from '../serving/serving-session.ts';

/** A scored item, with the revision that was scored. */
export interface RankedItem extends ScoredItem {
  readonly revision: number;
}

/** Returns all scored candidates of a list, best first; `undefined` without a support set. */
export async function rankCandidates(
  session: ServingSession,
  list: RecommendationList,
): Promise<readonly RankedItem[] | undefined> {
  const scored = await scoreList(session, list);
  if (!scored) return undefined;
  const { ids, revisions } = scored.candidates;
  const items = ids.map((itemId, index) => ({
    itemId,
    score: scored.scores[index] as number,
    revision: revisions[index] as number,
  }));
  return best(items, items.length, undefined);
}
