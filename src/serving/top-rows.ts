import { BestRows, isBefore, type Place } from '../retrieval/best-rows.ts';

/** A row of the catalog with its score in a list. */
export interface ScoredRow {
  readonly row: number;
  readonly score: number;
}

export interface TopRows {
  /** 1 for each row that can be among the top. Default: all. */
  readonly marks?: Uint8Array | undefined;
  /** Maximum number of rows. */
  readonly limit: number;
  /** Only rows that come after this place. */
  readonly after?: Place | undefined;
}

/** Returns the rows with the largest scores, best first. `scores` and `ids` have an element for each row. */
export function topRows(
  scores: ArrayLike<number>,
  ids: ArrayLike<number>,
  { marks, limit, after }: TopRows,
): ScoredRow[] {
  const rows = marks?.length ?? scores.length;
  const best = new BestRows(Math.min(limit, rows));
  for (let row = 0; row < rows; row++) {
    const score = scores[row] as number;
    if (score < best.floor || marks?.[row] === 0 || !Number.isFinite(score)) continue;
    const id = ids[row] as number;
    if (!after || comesAfter(after, score, id)) best.offer(row, id, score);
  }
  const found = best.found();
  return Array.from(found.rows, (row, place) => ({ row, score: found.scores[place] as number }));
}

/** Whether an item comes after a place. An item never comes after itself, even if its score has changed since. */
export function comesAfter(place: Place, score: number, id: number): boolean {
  return id !== place.id && isBefore(place, { score, id });
}

/** Relative tolerance: some units in the last place of a float32. */
const tolerance = 1e-6;

/**
 * Returns the end of the previous page with its current score, since a score can differ in its last bits next to other
 * candidates. If the item is gone or its score has really changed, returns the score that it had.
 */
export function placeAmong(scores: ArrayLike<number>, ids: readonly number[], after: Place): Place {
  const score = scores[ids.indexOf(after.id)];
  if (score === undefined || Math.abs(score - after.score) > tolerance * Math.abs(after.score)) return after;
  return { ...after, score };
}
