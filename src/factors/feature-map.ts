import type { EncodedFeatures } from '../features/encoded-features.ts';

/** A linear map from encoded features to factors: what newcomers without interactions are placed by. */
export interface FeatureMap {
  readonly vocabularyRows: number;
  readonly width: number;
  /** `[vocabularyRows, width]`, row-major: what each row of the vocabulary adds. */
  readonly data: Float32Array;
  /** `[width]`: the factors of one of whom nothing is known. */
  readonly bias: Float32Array;
}

/** Users or items with their features, and how many rows the vocabulary of those has. */
export interface FeatureRows {
  readonly features: EncodedFeatures;
  readonly vocabularyRows: number;
}

/** `bias + Σ weight · data[index]` for each row of features: `[features.rows, width]`, row-major. */
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
