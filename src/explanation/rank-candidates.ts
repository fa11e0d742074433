import type { ItemTable } from '../live-catalog/item-table.ts';
import type { ScoredList } from '../serving/score-list.ts';
import { type ScoredRow, topRows } from '../serving/top-rows.ts';

/** Returns all candidates of a list by row of the catalog, best first. */
export function rankCandidates({ ids }: ItemTable, { candidates, scores }: ScoredList): readonly ScoredRow[] {
  const { rows } = candidates;
  const idsOfRows = Array.from(rows, (row) => ids[row] as number);
  return topRows(scores, idsOfRows, { limit: rows.length }).map(({ row: at, score }) => ({
    row: rows[at] as number,
    score,
  }));
}
