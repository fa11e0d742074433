import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { solveSymmetric } from './solve-symmetric.ts';
import { type SparseMatrix, transpose } from './sparse-matrix.ts';

export interface RatingFactorOptions {
  /** The number of factors. */
  readonly width: number;
  /** Weight λ of the L2 penalty on factors. */
  readonly regularization: number;
  /** Weight κ of the L2 penalty on biases. */
  readonly biasRegularization: number;
  /** How often all users and all items are solved for. */
  readonly iterations: number;
  /** Determines the initial factors. An int32. */
  readonly seed: number;
}

/**
 * Factorizes ratings r, `[users, items]` (Koren, Bell and Volinsky 2009, "Matrix factorization techniques for
 * recommender systems", eqs. 4 and 5). Pairs without a rating take no part:
 * `Σ (r − b − c − x·y)² + κ(Σ b² + Σ c²) + λ(Σ |x|² + Σ |y|²)`, with the bias c and the factors x of a user, and the
 * bias b and the factors y of an item.
 *
 * First only the biases are solved for, without factors. Those of the items then stay, so that `b` alone predicts well
 * for a user without ratings. Returns b and y of each item, `[items, 1 + width]`; both are 0 without ratings.
 */
export function factorizeRatings(byUser: SparseMatrix, options: RatingFactorOptions): Float32Array {
  const { width, regularization, biasRegularization, iterations } = options;
  const biases = itemBiases(byUser, options);
  const residuals = { ...byUser, values: byUser.values.map((value, entry) => value - biases[byUser.columns[entry]!]!) };
  const byItem = transpose(residuals);
  const size = 1 + width;
  // The rows of users are c and x, and those of items are 1 and y, so that their product is c + x·y.
  const users = new Float64Array(byUser.rows * size);
  const items = startOf(byItem, size, options.seed);
  const penalties = new Float64Array(size).fill(regularization);
  penalties[0] = biasRegularization;
  for (let iteration = 0; iteration < iterations; iteration++) {
    solveRows({ ratings: residuals, solved: users, fixed: items, penalties, given: 0 });
    solveRows({ ratings: byItem, solved: items, fixed: users, penalties, given: 1 });
  }
  return Float32Array.from(items, (value, at) => (at % size === 0 ? biases[at / size]! : value));
}

/** Returns the bias of each item: of `Σ (r − b − c)² + κ(Σ b² + Σ c²)`, by alternating between users and items. */
function itemBiases(
  { rows, width, starts, columns, values }: SparseMatrix,
  { iterations, biasRegularization }: RatingFactorOptions,
): Float64Array {
  const items = new Float64Array(width);
  const sums = new Float64Array(width);
  const weights = new Float64Array(width).fill(biasRegularization);
  for (const column of columns) weights[column]!++;
  for (let iteration = 0; iteration < iterations; iteration++) {
    sums.fill(0);
    for (let user = 0; user < rows; user++) {
      const [start, end] = [starts[user]!, starts[user + 1]!];
      let own = 0;
      for (let entry = start; entry < end; entry++) own += values[entry]! - items[columns[entry]!]!;
      const bias = own / (end - start + biasRegularization);
      for (let entry = start; entry < end; entry++) sums[columns[entry]!]! += values[entry]! - bias;
    }
    for (let item = 0; item < width; item++) items[item] = sums[item]! / weights[item]!;
  }
  return items;
}

/** Returns 1 and small random factors for each rated item. */
function startOf({ rows, starts }: SparseMatrix, size: number, seed: number): Float64Array {
  const random = xoroshiro128plus(seed);
  const items = new Float64Array(rows * size);
  for (let row = 0; row < rows; row++) {
    if (starts[row] === starts[row + 1]) continue;
    items[row * size] = 1;
    for (let at = row * size + 1; at < (row + 1) * size; at++) items[at] = (random.next() / 2 ** 31) * 0.1;
  }
  return items;
}

/** Half an iteration: solves for the rows of one side while those of the other side are fixed. */
interface HalfStep {
  /** `[solved rows, fixed rows]` */
  readonly ratings: SparseMatrix;
  /** `[solved rows, size]` and `[fixed rows, size]` */
  readonly solved: Float64Array;
  readonly fixed: Float64Array;
  /** `[size]` */
  readonly penalties: Float64Array;
  /** The number of leading columns of `solved` that are given. */
  readonly given: number;
}

/** Solves `(Σ z zᵀ + penalties) x = Σ z·r` for each row, where z are the fixed rows, without their given columns. */
function solveRows({ ratings: { rows, starts, columns, values }, solved, fixed, penalties, given }: HalfStep): void {
  const size = penalties.length;
  const free = size - given;
  const matrix = new Float64Array(free * free);
  const right = new Float64Array(free);
  const other = new Float64Array(free);
  for (let row = 0; row < rows; row++) {
    if (starts[row] === starts[row + 1]) continue;
    matrix.fill(0);
    right.fill(0);
    for (let at = 0; at < free; at++) matrix[at * free + at] = penalties[given + at]!;
    for (let entry = starts[row]!; entry < starts[row + 1]!; entry++) {
      const start = columns[entry]! * size;
      let rest = values[entry]!;
      for (let at = 0; at < given; at++) rest -= solved[row * size + at]! * fixed[start + at]!;
      for (let at = 0; at < free; at++) other[at] = fixed[start + given + at]!;
      addPair(matrix, right, other, rest);
    }
    solveSymmetric(matrix, right);
    solved.set(right, row * size + given);
  }
}

/** `matrix += z zᵀ`, only its lower triangle, and `right += z·value`. */
function addPair(matrix: Float64Array, right: Float64Array, z: Float64Array, value: number): void {
  const size = z.length;
  for (let row = 0; row < size; row++) {
    const factor = z[row]!;
    const start = row * size;
    right[row]! += factor * value;
    for (let column = 0; column <= row; column++) matrix[start + column]! += factor * z[column]!;
  }
}
