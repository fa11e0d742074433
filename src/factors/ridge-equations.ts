import type { EncodedFeatures } from '../features/encode-features.ts';
import type { Factors } from './factors.ts';
import type { FeatureRows } from './feature-map.ts';
import { loadRow } from './vector-arithmetic.ts';

/**
 * The matrix A of the regression, `[rows, unknowns]`: the weights of the features, and in the last column the bias with
 * weight 1 in every row. Only rows with known factors count.
 */
export interface Design {
  readonly features: EncodedFeatures;
  readonly known: Uint8Array;
  /** The number of rows of the vocabulary, plus 1 for the bias. */
  readonly unknowns: number;
}

export function designOf({ features, vocabularyRows }: FeatureRows, known: Uint8Array): Design {
  return { features, known, unknowns: vocabularyRows + 1 };
}

/** Returns `AᵀF`, `[unknowns, width]`. */
export function multiplyTransposed(design: Design, factors: Factors): Float64Array {
  const { width, data } = factors;
  const product = new Float64Array(design.unknowns * width);
  const factor = new Float64Array(width);
  for (let row = 0; row < factors.rows; row++) {
    if (!design.known[row]) continue;
    loadRow(factor, data, row * width);
    scatter(design, row, factor, product);
  }
  return product;
}

/** `target = (AᵀA + λI) vectors`, `[unknowns, width]`, without λ in the row of the bias. */
export function multiplyNormal(
  design: Design,
  ridge: number,
  vectors: Float64Array,
  target: Float64Array,
  width: number,
): void {
  const bias = (design.unknowns - 1) * width;
  for (let at = 0; at < bias; at++) target[at] = ridge * vectors[at]!;
  target.fill(0, bias);
  const image = new Float64Array(width);
  for (let row = 0; row < design.features.rows; row++) {
    if (!design.known[row]) continue;
    gather(design, row, vectors, image);
    scatter(design, row, image, target);
  }
}

/** Returns the diagonal of `AᵀA + λI`, `[unknowns]`. */
export function diagonal({ features, known, unknowns }: Design, ridge: number): Float64Array {
  const { slots, indices, weights } = features;
  const sums = new Float64Array(unknowns).fill(ridge, 0, unknowns - 1);
  for (let row = 0; row < features.rows; row++) {
    if (!known[row]) continue;
    sums[unknowns - 1]!++;
    for (let slot = row * slots; slot < (row + 1) * slots; slot++) sums[indices[slot]!]! += weights[slot]! ** 2;
  }
  return sums;
}

/** `image = A[row] · vectors` */
function gather(design: Design, row: number, vectors: Float64Array, image: Float64Array): void {
  const { slots, indices, weights } = design.features;
  const width = image.length;
  const bias = (design.unknowns - 1) * width;
  for (let at = 0; at < width; at++) image[at] = vectors[bias + at]!;
  for (let slot = row * slots; slot < (row + 1) * slots; slot++) {
    const weight = weights[slot]!;
    if (weight === 0) continue;
    const start = indices[slot]! * width;
    for (let at = 0; at < width; at++) image[at]! += weight * vectors[start + at]!;
  }
}

/** `target += A[row]ᵀ · image` */
function scatter(design: Design, row: number, image: Float64Array, target: Float64Array): void {
  const { slots, indices, weights } = design.features;
  const width = image.length;
  const bias = (design.unknowns - 1) * width;
  for (let at = 0; at < width; at++) target[bias + at]! += image[at]!;
  for (let slot = row * slots; slot < (row + 1) * slots; slot++) {
    const weight = weights[slot]!;
    if (weight === 0) continue;
    const start = indices[slot]! * width;
    for (let at = 0; at < width; at++) target[start + at]! += weight * image[at]!;
  }
}
