import { z } from 'zod';
import type { ItemTable } from '../live-catalog/item-table.ts';
import { markedRows } from './list-conditions.ts';
import { comesAfter, topRows } from './top-rows.ts';

/**
 * If there are more items than a model can score one by one, the ends of the most popular and of the newest items that
 * it scores. New items have higher IDs, and numbers of positive interactions hardly ever fall, so later pages find all
 * of these items within the same ends, and few others.
 */
export interface CandidateEnds {
  /** The least popular of the most popular items. */
  readonly positives: number;
  readonly itemId: number;
  /** The oldest of the newest items. */
  readonly oldestItemId: number;
}

export const candidateEnds = z.object({
  positives: z.int32().nonnegative(),
  itemId: z.int32().nonnegative(),
  oldestItemId: z.int32().nonnegative(),
});

/** The items that a model scores for a list, by row, in the order of rows. */
export interface Candidates {
  readonly rows: Int32Array;
  /** `null` if these are all items. */
  readonly ends: CandidateEnds | null;
}

/** How many candidates there can be. */
export interface CandidateLimit {
  readonly max: number;
  /** This share of them are the newest items, the rest the most popular. */
  readonly freshShare: number;
}

/**
 * Returns the marked rows, or the most popular and the newest of them if there are more than `max`. `ends` are those of
 * the list's first page, if this is a later one.
 */
export function chooseCandidates(
  items: ItemTable,
  marks: Uint8Array,
  limit: CandidateLimit,
  ends?: CandidateEnds | null,
): Candidates {
  const rows = markedRows(marks);
  if (ends === undefined && rows.length <= limit.max) return { rows, ends: null };
  const within = ends === undefined ? endsOf(items, marks, limit) : ends;
  return { rows: within ? rows.filter((row) => isWithin(items, within, row)) : rows, ends: within };
}

function endsOf(items: ItemTable, marks: Uint8Array, { max, freshShare }: CandidateLimit): CandidateEnds {
  const fresh = Math.ceil(max * freshShare);
  const popular = topRows(items.positives, items.ids, { marks, limit: max - fresh });
  const last = popular.at(-1);
  const rest = marks.slice();
  for (const { row } of popular) rest[row] = 0;
  const newest = topRows(items.ids, items.ids, { marks: rest, limit: fresh });
  return {
    positives: last?.score ?? 2 ** 31 - 1,
    itemId: last ? (items.ids[last.row] as number) : 0,
    oldestItemId: newest.at(-1)?.score ?? 2 ** 31 - 1,
  };
}

function isWithin(items: ItemTable, ends: CandidateEnds, row: number): boolean {
  return (items.ids[row] as number) >= ends.oldestItemId || isPopular(items, ends, row);
}

/** Whether an item is among the most popular candidates, rather than among the newest only. */
export function isPopular({ ids, positives }: ItemTable, ends: CandidateEnds | null, row: number): boolean {
  if (!ends) return true;
  return !comesAfter({ score: ends.positives, id: ends.itemId }, positives[row] as number, ids[row] as number);
}
