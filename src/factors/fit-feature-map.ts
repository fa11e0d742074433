import type { Factors } from './factors.ts';
import type { FeatureMap, FeatureRows } from './feature-map.ts';
import { checkFeatureRows } from './feature-map.ts';
import { type Design, designOf, diagonal, multiplyNormal, multiplyTransposed } from './ridge-equations.ts';

export interface FeatureMapOptions {
  /** Weight λ of the L2 penalty on the map, in rows: it halves the effect of a category with λ rows. */
  readonly ridge: number;
  /** The solver stops at this residual, relative to the initial one. Default: 1e-4. */
  readonly tolerance?: number;
  /** Maximum number of steps of conjugate gradient. Default: 100. */
  readonly maximumSteps?: number;
}

/**
 * Fits a map from features to factors by ridge regression. It minimizes
 * `Σ |factors − bias − Σ weight · map[index]|² + λ|map|²` over the known rows. The bias has no penalty.
 *
 * Solves the normal equations by conjugate gradient with the diagonal as preconditioner (Golub and Van Loan 2013,
 * algorithm 11.5.1). Each factor is solved by itself, but all of them in the same passes over the features. Memory:
 * 5 · 8 bytes for each element of the map. Throws INVALID_DATA, see `checkFeatureRows`; `subject` names the rows.
 */
export function fitFeatureMap(
  rows: FeatureRows,
  factors: Factors,
  { ridge, tolerance = 1e-4, maximumSteps = 100 }: FeatureMapOptions,
  subject = 'these rows',
): FeatureMap {
  checkFeatureRows(rows, factors.rows, subject);
  const { width } = factors;
  const design = designOf(rows, factors.known);
  const solution = conjugateGradient(design, multiplyTransposed(design, factors), width, {
    ridge,
    tolerance,
    maximumSteps,
  });
  const size = rows.vocabularyRows * width;
  return {
    vocabularyRows: rows.vocabularyRows,
    width,
    data: Float32Array.from(solution.subarray(0, size)),
    bias: Float32Array.from(solution.subarray(size)),
  };
}

/** Solves for every column of `residual`, `[unknowns, width]`, at once. Overwrites `residual`. */
function conjugateGradient(
  design: Design,
  residual: Float64Array,
  width: number,
  { ridge, tolerance, maximumSteps }: Required<FeatureMapOptions>,
): Float64Array {
  const inverseDiagonal = diagonal(design, ridge).map((value) => 1 / (value || 1));
  const solution = new Float64Array(residual.length);
  const direction = new Float64Array(residual.length);
  const image = new Float64Array(residual.length);
  addScaled(direction, residual, inverseDiagonal, new Float64Array(width));
  let energy = weightedSquares(residual, inverseDiagonal, width);
  const enough = energy.map((value) => value * tolerance ** 2);
  for (let step = 0; step < maximumSteps && energy.some((value, at) => value > enough[at]!); step++) {
    multiplyNormal(design, ridge, direction, image, width);
    const curvature = columnDots(direction, image, width);
    // A column that is solved exactly has neither energy nor curvature.
    const lengths = energy.map((value, at) => (curvature[at]! > 0 ? value / curvature[at]! : 0));
    for (let at = 0; at < solution.length; at++) {
      solution[at]! += lengths[at % width]! * direction[at]!;
      residual[at]! -= lengths[at % width]! * image[at]!;
    }
    const next = weightedSquares(residual, inverseDiagonal, width);
    addScaled(
      direction,
      residual,
      inverseDiagonal,
      next.map((value, at) => value / (energy[at]! || 1)),
    );
    energy = next;
  }
  return solution;
}

/** `direction = residual · scale[row] + direction · kept[column]` */
function addScaled(direction: Float64Array, residual: Float64Array, scale: Float64Array, kept: Float64Array): void {
  const width = kept.length;
  for (let row = 0; row < scale.length; row++) {
    for (let column = 0; column < width; column++) {
      const at = row * width + column;
      direction[at] = residual[at]! * scale[row]! + direction[at]! * kept[column]!;
    }
  }
}

/** Returns `Σ scale[row] · residual²` of each column. */
function weightedSquares(residual: Float64Array, scale: Float64Array, width: number): Float64Array {
  const sums = new Float64Array(width);
  for (let row = 0; row < scale.length; row++) {
    for (let column = 0; column < width; column++) sums[column]! += scale[row]! * residual[row * width + column]! ** 2;
  }
  return sums;
}

function columnDots(left: Float64Array, right: Float64Array, width: number): Float64Array {
  const sums = new Float64Array(width);
  for (let at = 0; at < left.length; at++) sums[at % width]! += left[at]! * right[at]!;
  return sums;
}
