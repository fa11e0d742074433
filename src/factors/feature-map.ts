import { WarmstartError } from '../common/errors.ts';
import type { EncodedFeatures } from '../features/encode-features.ts';

/** A linear map from encoded features to factors. It places users and items without interactions. */
export interface FeatureMap {
  readonly vocabularyRows: number;
  readonly width: number;
  /** `[vocabularyRows, width]`, row-major: the term of each row of the vocabulary. */
  readonly data: Float32Array;
  /** `[width]`: the factors of a user or item without features. */
  readonly bias: Float32Array;
}

/** The features of all users or of all items, and the number of rows of their vocabulary. */
export interface FeatureRows {
  readonly features: EncodedFeatures;
  readonly vocabularyRows: number;
}

/** Returns `bias + Σ weight · data[index]` for each row of features: `[features.rows, width]`, row-major. */
export function applyFeatureMap(map: FeatureMap, features: EncodedFeatures): Float32Array {
  const { width, data, bias } = map;
  const { rows, slots, indices, weights } = features;
  const factors = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const factor = factors.subarray(row * width, (row + 1) * width);
    factor.set(bias);
    for (let slot = row * slots; slot < (row + 1) * slots; slot++) {
      const weight = weights[slot]!;
      if (weight === 0) continue;
      const start = indices[slot]! * width;
      for (let at = 0; at < width; at++) factor[at]! += weight * data[start + at]!;
    }
  }
  return factors;
}

/**
 * Throws INVALID_DATA unless each of the `rows` users or items has one row of features, every index is a row of the
 * vocabulary, and every weight is finite. `subject` names the users or items in the message.
 */
export function checkFeatureRows({ features, vocabularyRows }: FeatureRows, rows: number, subject: string): void {
  const { slots, indices, weights } = features;
  const fail = (field: string, expected: string, got: number) => {
    const message = `${field} of the features of ${subject}: expected ${expected}, got ${got}.`;
    throw new WarmstartError('INVALID_DATA', message);
  };
  if (features.rows !== rows) fail('rows', `${rows}`, features.rows);
  if (indices.length !== rows * slots) fail('indices', `rows × slots (${rows * slots})`, indices.length);
  if (weights.length !== rows * slots) fail('weights', `rows × slots (${rows * slots})`, weights.length);
  for (let slot = 0; slot < indices.length; slot++) {
    const [index, weight] = [indices[slot]!, weights[slot]!];
    if (index < 0 || index >= vocabularyRows) fail(`indices[${slot}]`, `a row in [0, ${vocabularyRows})`, index);
    if (!Number.isFinite(weight)) fail(`weights[${slot}]`, 'a finite number', weight);
  }
}
