import { agesOf } from '../features/ages.ts';
import { amountOf } from '../features/amounts.ts';
import { isRatingType, maxInteractionTypes } from '../features/interaction-types.ts';
import type { ItemTable } from '../live-catalog/item-table.ts';
import { runInChunks } from '../models/in-chunks.ts';
import type { SupportKind } from '../models/recommender.ts';
import { hashPair } from '../tasks/hashing.ts';
import type { History, Recipient } from './recipient.ts';
import { type Support, type SupportedModel, type SupportReader, supportSize } from './support.ts';

/**
 * Returns the support set of a recipient: the most recent interactions of the history that count for the model, oldest
 * first, see `countingPairs`. Returns `undefined` if there are none, unless the model reads feedback: its support set
 * can be empty. A model that was trained with negatives gets negatives after them.
 *
 * Every request computes the context from the whole support set. This costs a tenth of a millisecond. In return, every
 * server sees all interactions, and a page comes from exactly the same scores as the page before it.
 */
export async function userSupport(
  { catalog }: Pick<SupportReader, 'catalog'>,
  { versionId, recommender }: SupportedModel,
  { history, userId }: Recipient,
  newestItemId: number,
): Promise<Support | undefined> {
  const { support } = recommender;
  const limit = supportSize(recommender);
  const pairs = countingPairs(history, support, limit);
  if (pairs.length === 0 && support !== 'feedback') return undefined;
  const known = pairs.map((pair) => history.rows[pair] as number);
  const draw = { count: known.length, versionId, newestItemId };
  const negatives = support === 'positivesAndNegatives' ? await drawNegatives(catalog.items, history, draw) : [];
  const rows = [...known, ...negatives];
  const labels = new Float32Array(rows.length);
  labels.set(pairs.map((pair) => labelOf(history, support, pair)));
  // Without one of the positives, whichever it is, the last negative would not have been drawn.
  const last = known.length > 0 && negatives.length === known.length ? rows.length - 1 : undefined;
  return {
    rows,
    userIds: rows.map(() => userId ?? 0),
    users: new Map(),
    labels,
    ...(support === 'feedback' && {
      types: Uint8Array.from(pairs, (pair) => history.types[pair] as number),
      opinions: Float32Array.from(pairs, (pair) => history.opinions[pair] as number),
      amounts: Float32Array.from(pairs, (pair) =>
        amountOf(history.types[pair] as number, history.values[pair] ?? null),
      ),
      ...(history.times && { ages: agesOf(pairs.map((pair) => history.times?.[pair] as number)) }),
    }),
    known: known.length,
    negatives: known.map(() => last),
  };
}

/**
 * Returns the `limit` most recent pairs of a history that count, oldest first. For `labels`, these are the ratings. For
 * `positives` and `positivesAndNegatives`, these are the positive interactions. In both, a later interaction with an
 * item replaces an earlier one. For `feedback`, these are all interactions, and a later one replaces an earlier one of
 * the same type. An interaction that says nothing about the user's opinion of the item never counts.
 */
function countingPairs({ rows, types, opinions }: History, support: SupportKind, limit: number): number[] {
  const latest = new Set<number>();
  const disliked = new Set<number>();
  const pairs: number[] = [];
  // From the latest on, so that a long history is not read to its beginning.
  for (let pair = rows.length - 1; pair >= 0 && pairs.length < limit; pair--) {
    const [row, type] = [rows[pair] as number, types[pair] as number];
    const opinion = opinions[pair];
    // A later dislike overrules it, see `lastingPairs`.
    if (opinion === undefined || (opinion >= 0 && disliked.has(row))) continue;
    if (opinion < 0) disliked.add(row);
    if (support === 'labels' && !isRatingType(type)) continue;
    const key = support === 'feedback' ? row * maxInteractionTypes + type : row;
    if (latest.has(key)) continue;
    latest.add(key);
    const isLabel = support === 'labels' || support === 'feedback';
    if (isLabel || opinion > 0) pairs.push(pair);
  }
  return pairs.reverse();
}

function labelOf({ types, values }: History, support: SupportKind, pair: number): number {
  if (support === 'labels' || (support === 'feedback' && isRatingType(types[pair] as number)))
    return values[pair] as number;
  return support === 'feedback' ? 0 : 1;
}

interface NegativeDraw {
  readonly count: number;
  readonly versionId: number;
  readonly newestItemId: number;
}

/** Hashes computed between two turns of the event loop, which takes some milliseconds. */
const hashesPerTurn = 200_000;

/**
 * Draws items that the recipient has not interacted with, from the whole catalog, as in training. Unavailable items
 * count too, so that the scores of a list do not change when an item becomes unavailable.
 *
 * The items with the smallest hashes are drawn, with a seed from the recipient's earliest item and the model version.
 * The negatives of a recipient therefore stay the same as the history grows, except for items that the recipient
 * interacts with, and recipients with the same history have the same negatives.
 */
async function drawNegatives(
  { ids, exists, rows }: ItemTable,
  history: History,
  { count, versionId, newestItemId }: NegativeDraw,
): Promise<number[]> {
  const interacted = new Set(history.rows);
  const first = history.rows[0];
  const seed = hashPair(first === undefined ? 0 : (ids[first] as number), versionId, 1);
  const drawn: { readonly row: number; readonly hash: number }[] = [];
  const inOrder = () => drawn.sort((a, b) => a.hash - b.hash || a.row - b.row);
  await runInChunks(rows, hashesPerTurn, async (start, end) => {
    for (let row = start; row < end; row++) {
      if (exists[row] === 0 || (ids[row] as number) > newestItemId || interacted.has(row)) continue;
      drawn.push({ row, hash: hashPair(ids[row] as number, 0, seed) });
      if (drawn.length >= 2 * count + 1) inOrder().length = count;
    }
  });
  return inOrder()
    .slice(0, count)
    .map(({ row }) => row);
}
