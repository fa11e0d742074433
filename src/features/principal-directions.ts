import { PCA } from 'ml-pca';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { mapInPieces, type Pieces } from '../common/pieces.ts';

/** Directions that are found besides those that are wanted, so that these are found more exactly. */
const spare = 8;
/** How often the directions are multiplied by the covariance. */
const rounds = 5;
/** Directions with a smaller share of the largest variance are rounding errors. */
const smallestVariance = 1e-10;
const seed = 1;

/**
 * Returns at most `count` orthogonal directions of length 1 in which centered rows differ most, the largest variance
 * first, `[count][width]`. There are fewer if the rows have fewer dimensions, and none without rows that differ.
 *
 * Up to `count + 8` columns, these are the principal components. Of wider rows, they are found by subspace iteration,
 * which takes `rows · width · count` steps a round instead of `rows · width²`, and are nearly the principal components.
 * (Halko, Martinsson and Tropp 2011, algorithm 4.4)
 */
export function* principalDirections(rows: readonly Float64Array[], count: number): Pieces<Float64Array[]> {
  const width = rows[0]?.length ?? 0;
  let basis = yield* orthonormal(randomDirections(Math.min(count + spare, width), width));
  for (let round = 0; round < rounds; round++) basis = yield* orthonormal(yield* timesCovariance(rows, basis));
  if (basis.length === 0) return [];
  const products = yield* timesCovariance(rows, basis);
  const covariance = yield* mapInPieces(basis, (direction) => products.map((product) => productOf(direction, product)));
  const pca = new PCA(covariance, { isCovarianceMatrix: true, method: 'covarianceMatrix' });
  yield;
  const variances = pca.getEigenvalues();
  const loadings = pca
    .getLoadings()
    .to2DArray()
    .slice(0, count)
    .filter((_, place) => (variances[place] as number) > smallestVariance * (variances[0] as number));
  return yield* mapInPieces(loadings, (weights) => withSign(combined(basis, weights)));
}

/** Returns the inner product of two rows. */
export function productOf(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}

function randomDirections(count: number, width: number): Float64Array[] {
  const random = xoroshiro128plus(seed);
  return Array.from({ length: count }, () => Float64Array.from({ length: width }, () => uniformFloat64(random) - 0.5));
}

function* timesCovariance(rows: readonly Float64Array[], basis: readonly Float64Array[]): Pieces<Float64Array[]> {
  const products = basis.map(({ length }) => new Float64Array(length));
  for (const row of rows) {
    for (const [place, direction] of basis.entries()) add(products[place]!, row, productOf(row, direction));
    yield;
  }
  return products;
}

/** Returns an orthonormal basis of the same space, by Gram and Schmidt. Each vector is projected twice, against rounding. */
function* orthonormal(vectors: readonly Float64Array[]): Pieces<Float64Array[]> {
  const basis: Float64Array[] = [];
  const largest = Math.max(0, ...vectors.map((vector) => productOf(vector, vector)));
  for (const vector of vectors) {
    const rest = vector.slice();
    for (const earlier of [...basis, ...basis]) add(rest, earlier, -productOf(rest, earlier));
    const length = Math.sqrt(productOf(rest, rest));
    if (length ** 2 > 1e-24 * largest) basis.push(rest.map((value) => value / length));
    yield;
  }
  return basis;
}

function combined(basis: readonly Float64Array[], weights: readonly number[]): Float64Array {
  const sum = new Float64Array(basis[0]!.length);
  for (const [place, weight] of weights.entries()) add(sum, basis[place]!, weight);
  return sum;
}

/** A direction and its opposite are equivalent. Chooses the one whose largest component is positive. */
function withSign(direction: Float64Array): Float64Array {
  const largest = direction.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  return largest < 0 ? direction.map((value) => -value) : direction;
}

function add(sum: Float64Array, vector: Float64Array, factor: number): void {
  for (let at = 0; at < sum.length; at++) sum[at]! += factor * vector[at]!;
}
