import type { EncodedFeatures } from '../../src/features/encode-features.ts';

/** Returns the given rows of a matrix, in the given order. */
export function selectRows(features: EncodedFeatures, rows: ArrayLike<number>): EncodedFeatures {
  const { slots } = features;
  const indices = new Int32Array(rows.length * slots);
  const weights = new Float32Array(rows.length * slots);
  for (let to = 0; to < rows.length; to++) {
    const from = (rows[to] as number) * slots;
    indices.set(features.indices.subarray(from, from + slots), to * slots);
    weights.set(features.weights.subarray(from, from + slots), to * slots);
  }
  return { rows: rows.length, slots, indices, weights };
}
