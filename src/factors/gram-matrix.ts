import type { Factors } from './factors.ts';
import { loadRow } from './vector-arithmetic.ts';

/**
 * `YᵀY`, `[width, width]`, of factors Y `[rows, width]`: what every row's equations share (Hu et al. 2008, section 4).
 * With `marked`, of the rows alone where it is `mark`.
 */
export function gramMatrix(
  { rows, width, data, known }: Factors,
  marked?: Uint8Array,
  mark: 0 | 1 = 0,
): Float64Array {
  const gram = new Float64Array(width * width);
  const factor = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    if (!known[row] || (marked && marked[row] !== mark)) continue;
    loadRow(factor, data, row * width);
    addOuterProduct(gram, factor);
  }
  mirror(gram, width);
  return gram;
}

/** The lower triangle, since the product is symmetric. */
function addOuterProduct(gram: Float64Array, factor: Float64Array): void {
  const width = factor.length;
  for (let row = 0; row < width; row++) {
    const value = factor[row]!;
    const start = row * width;
    for (let column = 0; column <= row; column++) gram[start + column]! += value * factor[column]!;
  }
}

function mirror(gram: Float64Array, width: number): void {
  for (let row = 0; row < width; row++) {
    for (let column = 0; column < row; column++) gram[column * width + row] = gram[row * width + column]!;
  }
}
