import { best, type ScoredItem } from '../serving/score-candidates.ts';
import type { ScoredList } from '../serving/score-list.ts';

/** A scored item, with the revision that was scored. */
export interface RankedItem extends ScoredItem {
  readonly revision: number;
}

/** Returns all candidates of a list, best first. */
export function rankCandidates({ candidates, scores }: ScoredList): readonly RankedItem[] {
  const { ids, revisions } = candidates;
  const items = ids.map((itemId, index) => ({
    itemId,
    score: scores[index] as number,
    revision: revisions[index] as number,
  }));
  return best(items, items.length, undefined);
}
