import { WarmstartError } from '../common/errors.ts';
import type { FeatureRows } from './feature-map.ts';

/**
 * Throws INVALID_DATA unless there is one row of features for each of the `rows` users or items, every index is one of
 * the vocabulary's rows and every weight is finite.
 */
export function checkFeatureRows(
  { features, vocabularyRows }: FeatureRows,
  rows: number,
  subject: string,
): void {
  const { slots, indices, weights } = features;
  const fail = (field: string, expected: string, got: number) => {
    const message = `${field} of the features of ${subject}: expected ${expected}, got ${got}.`;
    throw new WarmstartError('INVALID_DATA', message);
  };
  if (features.rows !== rows) fail('rows', `one for each, ${rows}`, features.rows);
  if (indices.length !== rows * slots) fail('indices', `rows × slots, ${rows * slots}`, indices.length);
  if (weights.length !== rows * slots) fail('weights', `rows × slots, ${rows * slots}`, weights.length);
  for (let slot = 0; slot < indices.length; slot++) {
    const [index, weight] = [indices[slot]!, weights[slot]!];
    if (index < 0 || index >= vocabularyRows)
      fail(`indices[${slot}]`, `a row in [0, ${vocabularyRows})`, index);
    if (!Number.isFinite(weight)) fail(`weights[${slot}]`, 'a finite number', weight);
  }
}
