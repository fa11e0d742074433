import { hashPair } from '../tasks/hash-pair.ts';
import type { Candidates } from './candidates.ts';

/**
 * Up to `count` of the candidates that were not seen, in their order. Each has a place in an order that the seed shuffles,
 * and the first ones are drawn: the same seed draws the same, and a candidate more or less changes at most one of them,
 * so that a list stays itself while the catalogue changes.
 */
export function drawNegatives(
  { ids, revisions }: Candidates,
  seen: ReadonlySet<number>,
  count: number,
  seed: number,
): Candidates {
  const places = Float64Array.from(ids, (id) => (seen.has(id) ? Infinity : hashPair(id, 0, seed)));
  const last = count === 1 ? smallest(places) : (places.toSorted()[Math.min(count, ids.length) - 1] ?? 0);
  const drawn = [...places.keys()].filter((index) => (places[index] as number) <= Math.min(last, 2 ** 32));
  return {
    ids: drawn.map((index) => ids[index] as number),
    revisions: drawn.map((index) => revisions[index] as number),
  };
}

function smallest(values: Float64Array): number {
  return values.reduce((least, value) => Math.min(least, value), Infinity);
}
