import { z } from 'zod';
import type { ItemTable } from '../live-catalog/item-table.ts';
import { runInChunks } from '../models/in-chunks.ts';
import { BestRows } from '../retrieval/best-rows.ts';
import { markedRows } from './list-conditions.ts';

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

/** Rows looked at between two turns of the event loop, which takes a few milliseconds. */
const rowsPerTurn = 25_000;

/**
 * Returns the marked rows, or the most popular and the newest of them if there are more than `max`. `ends` are those of
 * the list's first page, if this is a later one.
 */
export async function chooseCandidates(
  items: ItemTable,
  marks: Uint8Array,
  limit: CandidateLimit,
  ends?: CandidateEnds | null,
): Promise<Candidates> {
  const rows = markedRows(marks);
  if (ends === null || (ends === undefined && rows.length <= limit.max)) return { rows, ends: null };
  const within = ends ?? (await endsOf(items, rows, limit));
  return { rows: await rowsWithin(items, rows, within), ends: within };
}

async function endsOf(items: ItemTable, rows: Int32Array, { max, freshShare }: CandidateLimit): Promise<CandidateEnds> {
  const fresh = Math.ceil(max * freshShare);
  const popular = await popularEnd(items, rows, max - fresh);
  if (fresh === 0) return popular;
  const others = await idsOfOthers(items, rows, popular);
  return { ...popular, oldestItemId: await lowestOfFirst(fresh, others) };
}

/** Larger than all IDs and numbers of interactions. */
const largest = 2 ** 31 - 1;

/** Returns the end of the `count` most popular items. Of equally popular items, the older ones come first. */
async function popularEnd({ positives, ids }: ItemTable, rows: Int32Array, count: number): Promise<CandidateEnds> {
  if (count === 0) return { positives: largest, itemId: 0, oldestItemId: largest };
  const popularity = new Int32Array(rows.length);
  await runInChunks(rows.length, rowsPerTurn, async (start, end) => {
    for (let at = start; at < end; at++) popularity[at] = positives[rows[at] as number] as number;
  });
  const lowest = await lowestOfFirst(count, popularity);
  const ages = new Int32Array(rows.length);
  let [before, equal] = [0, 0];
  await runInChunks(rows.length, rowsPerTurn, async (start, end) => {
    for (let at = start; at < end; at++) {
      if ((popularity[at] as number) > lowest) before++;
      else if (popularity[at] === lowest) ages[equal++] = -(ids[rows[at] as number] as number);
    }
  });
  const itemId = -(await lowestOfFirst(count - before, ages.subarray(0, equal)));
  return { positives: lowest, itemId, oldestItemId: largest };
}

/** Returns the IDs of the items that are not among the most popular ones. */
async function idsOfOthers(items: ItemTable, rows: Int32Array, popular: CandidateEnds): Promise<Int32Array> {
  const others = new Int32Array(rows.length);
  let count = 0;
  await runInChunks(rows.length, rowsPerTurn, async (start, end) => {
    for (let at = start; at < end; at++) {
      const row = rows[at] as number;
      if (!isPopular(items, popular, row)) others[count++] = items.ids[row] as number;
    }
  });
  return others.subarray(0, count);
}

/** Returns the lowest of the `count` highest scores. There is at least one. */
async function lowestOfFirst(count: number, scores: Int32Array): Promise<number> {
  const best = new BestRows(count);
  let lowest = Infinity;
  // New items have the last rows. If these are offered first, the others are soon below the floor.
  await runInChunks(scores.length, rowsPerTurn, async (start, end) => {
    for (let at = scores.length - 1 - start; at >= scores.length - end; at--) {
      const score = scores[at] as number;
      if (score < lowest) lowest = score;
      if (score >= best.floor) best.offer(at, at, score);
    }
  });
  // It is not finite if there are not more scores.
  return Math.max(lowest, best.lowest);
}

async function rowsWithin(items: ItemTable, rows: Int32Array, ends: CandidateEnds): Promise<Int32Array> {
  const within = new Int32Array(rows.length);
  let count = 0;
  await runInChunks(rows.length, rowsPerTurn, async (start, end) => {
    for (let at = start; at < end; at++) {
      const row = rows[at] as number;
      const isNew = (items.ids[row] as number) >= ends.oldestItemId;
      if (isNew || isPopular(items, ends, row)) within[count++] = row;
    }
  });
  return within.slice(0, count);
}

/** Whether an item is among the most popular candidates, rather than among the newest only. */
export function isPopular({ ids, positives }: ItemTable, ends: CandidateEnds | null, row: number): boolean {
  if (!ends) return true;
  const own = positives[row] as number;
  return own > ends.positives || (own === ends.positives && (ids[row] as number) <= ends.itemId);
}
