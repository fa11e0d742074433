import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { SparseMatrix } from './sparse-matrix.ts';
import { loadRow } from './vector-arithmetic.ts';

/** An embedding of each user, or of each item: `data` is `[rows, width]`, row-major. */
export interface Factors {
  readonly rows: number;
  readonly width: number;
  readonly data: Float32Array;
  /** `[rows]`: 1 for rows with interactions. All other rows have factors of 0. */
  readonly known: Uint8Array;
}

/** Returns factors of zero. The rows with an entry are known. */
export function zeroFactors({ rows, starts }: SparseMatrix, width: number): Factors {
  const known = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) known[row] = starts[row]! < starts[row + 1]! ? 1 : 0;
  return { rows, width, data: new Float32Array(rows * width), known };
}

/**
 * Returns factors that are uniform in ±0.01 for the known rows. They are small so that what is learned soon outweighs
 * them. `seed` is an int32.
 */
export function randomFactors(matrix: SparseMatrix, width: number, seed: number): Factors {
  const factors = zeroFactors(matrix, width);
  const random = xoroshiro128plus(seed);
  for (let row = 0; row < factors.rows; row++) {
    if (!factors.known[row]) continue;
    for (let at = row * width; at < (row + 1) * width; at++) factors.data[at] = (random.next() / 2 ** 31) * 0.01;
  }
  return factors;
}

/**
 * Returns `YᵀY`, `[width, width]`, of factors Y `[rows, width]`. The equations of all rows share it (Hu et al. 2008,
 * section 4). If `marked` is given, Y has only the rows whose value in it is `mark`.
 */
export function gramMatrix({ rows, width, data, known }: Factors, marked?: Uint8Array, mark: 0 | 1 = 0): Float64Array {
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

/** Adds the lower triangle only, because the product is symmetric. */
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
