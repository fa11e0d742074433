import { latestOpinions } from '../../features/opinions.ts';
import type { SupportSet } from '../recommender.ts';
import { checkSupportSet, supportOpinions } from '../support-inputs.ts';

/**
 * Returns the ID rows of all liked items, ascending, each once: those of `earlier` and those of a later support set
 * whose item embeddings are ID rows, see `latestOpinions`. Items that training did not see are left out. Throws a
 * TypeError if the support set is wrong, see `checkSupportSet`.
 */
export function addPositives(earlier: Float32Array, support: SupportSet, positiveFrom: number): Float32Array {
  checkSupportSet(support);
  const opinions = [...earlier.map(() => 1), ...supportOpinions(support, positiveFrom)];
  const latest = latestOpinions([...earlier, ...support.items.data], opinions);
  latest.delete(0);
  return Float32Array.from([...latest].flatMap(([id, { weight }]) => (weight > 0 ? [id] : []))).sort();
}
