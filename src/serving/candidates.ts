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
  const others = await rowsThat(rows, (row) => !isPopular(items, popular, row));
  const ages = (row: number) => items.ids[row] as number;
  return { ...popular, oldestItemId: fresh > 0 ? await lowestOfFirst(fresh, others, ages) : largest };
}

/** Larger than all IDs and numbers of interactions. */
const largest = 2 ** 31 - 1;

async function popularEnd({ positives, ids }: ItemTable, rows: Int32Array, count: number): Promise<CandidateEnds> {
  if (count === 0) return { positives: largest, itemId: 0, oldestItemId: largest };
  const lowest = await lowestOfFirst(count, rows, (row) => positives[row] as number);
  const before = await rowsThat(rows, (row) => (positives[row] as number) > lowest);
  const equal = await rowsThat(rows, (row) => positives[row] === lowest);
  // Of equally popular items, the older ones come first.
  const itemId = -(await lowestOfFirst(count - before.length, equal, (row) => -(ids[row] as number)));
  return { positives: lowest, itemId, oldestItemId: largest };
}

/** Returns the lowest of the `count` highest scores, at least one. */
async function lowestOfFirst(count: number, rows: Int32Array, scoreOf: (row: number) => number): Promise<number> {
  const best = new BestRows(count);
  let lowest = Infinity;
  // New items have the last rows. If these are offered first, the others are soon below the floor.
  await runInChunks(rows.length, rowsPerTurn, async (start, end) => {
    for (let at = rows.length - 1 - start; at >= rows.length - end; at--) {
      const row = rows[at] as number;
      const score = scoreOf(row);
      if (score >= best.floor) best.offer(row, row, score);
      if (score < lowest) lowest = score;
    }
  });
  // It is not finite if there are not more rows.
  return Math.max(lowest, best.lowest);
}

function rowsWithin(items: ItemTable, rows: Int32Array, ends: CandidateEnds): Promise<Int32Array> {
  return rowsThat(rows, (row) => (items.ids[row] as number) >= ends.oldestItemId || isPopular(items, ends, row));
}

async function rowsThat(rows: Int32Array, pass: (row: number) => boolean): Promise<Int32Array> {
  const found = new Int32Array(rows.length);
  let count = 0;
  await runInChunks(rows.length, rowsPerTurn, async (start, end) => {
    for (let at = start; at < end; at++) if (pass(rows[at] as number)) found[count++] = rows[at] as number;
  });
  return found.slice(0, count);
}

/** Whether an item is among the most popular candidates, rather than among the newest only. */
export function isPopular({ ids, positives }: ItemTable, ends: CandidateEnds | null, row: number): boolean {
  if (!ends) return true;
  const own = positives[row] as number;
  return own > ends.positives || (own === ends.positives && (ids[row] as number) <= ends.itemId);
}
