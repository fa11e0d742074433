/** A row of the catalog with its score in a list. */
export interface ScoredRow {
  readonly row: number;
  readonly score: number;
}

/** A place in a list: the score of an item and its internal ID. Equal scores are ordered by ID. */
export interface Place {
  readonly score: number;
  readonly id: number;
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
  const order = (a: ScoredRow, b: ScoredRow) => b.score - a.score || (ids[a.row] as number) - (ids[b.row] as number);
  let kept: ScoredRow[] = [];
  let least = -Infinity;
  const rows = marks?.length ?? scores.length;
  for (let row = 0; row < rows; row++) {
    const score = scores[row] as number;
    if (score < least || marks?.[row] === 0 || !Number.isFinite(score)) continue;
    if (after && !comesAfter(after, score, ids[row] as number)) continue;
    kept.push({ row, score });
    // Sorts only now and then, since a list has far fewer items than the catalog.
    if (kept.length < 2 * limit + 1) continue;
    kept = kept.sort(order).slice(0, limit);
    least = kept.at(-1)?.score ?? Infinity;
  }
  return kept.sort(order).slice(0, limit);
}

/** Whether an item comes after a place. An item never comes after itself, even if its score has changed since. */
export function comesAfter(place: Place, score: number, id: number): boolean {
  return id !== place.id && (score < place.score || (score === place.score && id > place.id));
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
