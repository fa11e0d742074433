import type { HostTensors } from '../../../engine/engine.ts';
import { floatTensor, integerTensor } from '../../../engine/host-tensor.ts';
import { isPositive } from '../../../features/feedback.ts';
import type { SupportSet } from '../../recommender.ts';
import { rowsOf } from '../../support-inputs.ts';
import { idRowsOf } from './item-vectors.ts';
import type { ListConfig } from './list-config.ts';

/**
 * Returns by how much each pair changes the number of the closed-form head's positives: 1 for the pair of an item that
 * is liked now and was not before, −1 for one that was liked before and is disliked now, and 0 for all others. An item
 * counts once. Also returns the ID rows of all liked items. Items that training did not see have no factors and do not
 * count.
 */
export function countLiked(
  config: ListConfig,
  { items, labels, types }: SupportSet,
  earlier: Float32Array,
): { counts: Float32Array; liked: Float32Array } {
  const ids = idRowsOf(config, items) as Float32Array;
  const latest = new Map<number, number>();
  for (let pair = 0; pair < ids.length; pair++) latest.set(ids[pair] as number, pair);
  const known = new Set(earlier);
  const counts = new Float32Array(items.rows);
  latest.delete(0);
  for (const [id, pair] of latest) {
    const isLiked = isPositive(types?.[pair] as number, labels[pair] as number, config.positiveFrom);
    counts[pair] = Number(isLiked) - Number(known.has(id));
    if (isLiked) known.add(id);
    else known.delete(id);
  }
  return { counts, liked: Float32Array.from(known) };
}

/**
 * Returns the inputs of a function that reads pairs, for some of the pairs. Throws a TypeError if the support set has no
 * types.
 */
export function pairInputs(
  { items, labels, types }: SupportSet,
  [start, end]: readonly [start: number, end: number],
): HostTensors {
  if (!types) throw new TypeError('Expected a support set with the types of its interactions, got none.');
  return {
    items: rowsOf(items, [start, end]),
    labels: floatTensor([end - start], labels.subarray(start, end)),
    types: integerTensor([end - start], new Int32Array(types.subarray(start, end))),
  };
}
