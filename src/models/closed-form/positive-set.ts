import { isPositive, likedItems } from '../../features/feedback.ts';
import type { SupportSet } from '../recommender.ts';
import { checkSupportSet } from '../support-inputs.ts';

/**
 * Returns the ID rows of all liked items, ascending, each once: those of `earlier` and those of a later support set
 * whose item embeddings are ID rows, see `likedItems`. Items that training did not see are left out. Pairs without
 * types are positives if their labels are above 0. Throws a TypeError if the support set is wrong, see
 * `checkSupportSet`.
 */
export function addPositives(earlier: Float32Array, support: SupportSet, positiveFrom: number): Float32Array {
  checkSupportSet(support);
  const { items, labels, types } = support;
  const liked = likedItems([...earlier, ...items.data], (place) => {
    const pair = place - earlier.length;
    if (pair < 0) return true;
    const [type, label] = [types?.[pair], labels[pair] as number];
    return type === undefined ? label > 0 : isPositive(type, label, positiveFrom);
  });
  liked.delete(0);
  return Float32Array.from(liked.keys()).sort();
}
