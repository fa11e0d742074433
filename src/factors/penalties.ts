import type { SparseMatrix } from './sparse-matrix.ts';

export interface PenaltyOptions {
  readonly alpha: number;
  readonly regularization: number;
  /** Default: 0. */
  readonly regularizationExponent?: number | undefined;
}

/**
 * Returns the weight of the L2 penalty of each row's factors, `[rows]`: `λ·c^ν`, where c is the sum of the confidences
 * of all pairs of the row. With ν = 0 all rows have the penalty λ. With ν = 1 a row with more interactions has a larger
 * one (Rendle et al. 2021, arXiv 2110.14037, eq. 3, up to a constant factor).
 */
export function penaltiesOf(
  { rows, width, starts, values }: SparseMatrix,
  { alpha, regularization, regularizationExponent: exponent = 0 }: PenaltyOptions,
): Float64Array {
  const penalties = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let confidence = width;
    for (let entry = starts[row]!; entry < starts[row + 1]!; entry++) confidence += alpha * values[entry]!;
    penalties[row] = regularization * confidence ** exponent;
  }
  return penalties;
}
