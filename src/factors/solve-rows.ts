import type { Factors } from './factors.ts';
import { gramMatrix } from './factors.ts';
import { type PenaltyOptions, penaltiesOf } from './penalties.ts';
import type { SparseMatrix } from './sparse-matrix.ts';
import { addRow, dot, dotRow, loadRow, multiply } from './vector-arithmetic.ts';

/** Half an iteration: solves for the factors of one side while the factors of the other side are fixed. */
export interface HalfStep extends PenaltyOptions {
  /** `[solved rows, fixed rows]` */
  readonly interactions: SparseMatrix;
  readonly solved: Factors;
  readonly fixed: Factors;
  readonly cgSteps: number;
  /** The pairs of a marked solved row with a marked fixed row are unknown. */
  readonly unknown?: { readonly solved: Uint8Array; readonly fixed: Uint8Array } | undefined;
}

export type SolveRows = (firstRow: number, endRow: number) => void;

/**
 * Prepares a half step. The returned function solves the rows from `firstRow` to before `endRow`, in place. Rows do not
 * depend on each other, so neither their order nor their division into calls changes the result.
 *
 * The factors x of a row minimize `Σᵢ c(p − x·y)² + λ|x|²` over all fixed rows i. An interaction of value r has
 * confidence c = 1 + αr and preference p = 1. Every other pair has c = 1 and p = 0. λ is the row's own, see
 * `penaltiesOf`. Therefore x solves
 * `(YᵀY + λI + Yᵀ(C − I)Y) x = YᵀC p` (Hu, Koren and Volinsky 2008, eq. 4). A few steps of conjugate gradient from
 * the factors of the last iteration are close enough (Takács, Pilászy and Tikk 2011, section 3.2).
 */
export function prepareHalfStep(step: HalfStep): SolveRows {
  const { starts } = step.interactions;
  const { width, data } = step.solved;
  const penalties = penaltiesOf(step.interactions, step);
  const gram = gramMatrix(step.fixed);
  // The equations of a marked row leave out the marked rows of the other side.
  const ofMarked = step.unknown && gramMatrix(step.fixed, step.unknown.fixed);
  const vectors = solverVectors(width);
  return (firstRow, endRow) => {
    for (let row = firstRow; row < endRow; row++) {
      if (starts[row] === starts[row + 1]) continue;
      loadRow(vectors.solution, data, row * width);
      const equations = { gram: ofMarked && step.unknown?.solved[row] ? ofMarked : gram, penalty: penalties[row]! };
      solveRow(step, equations, row, vectors);
      for (let at = 0; at < width; at++) data[row * width + at] = vectors.solution[at]!;
    }
  };
}

/** The part of a row's equations that is not in its interactions: YᵀY and λ. */
interface SharedEquations {
  readonly gram: Float64Array;
  readonly penalty: number;
}

interface SolverVectors {
  readonly solution: Float64Array;
  readonly residual: Float64Array;
  readonly direction: Float64Array;
  readonly image: Float64Array;
}

function solverVectors(width: number): SolverVectors {
  return {
    solution: new Float64Array(width),
    residual: new Float64Array(width),
    direction: new Float64Array(width),
    image: new Float64Array(width),
  };
}

/** A smaller squared residual is rounding error. */
const negligible = 1e-20;

function solveRow(step: HalfStep, shared: SharedEquations, row: number, vectors: SolverVectors): void {
  const { solution, residual, direction, image } = vectors;
  applyEquations(step, shared, row, 1, solution, residual);
  for (let at = 0; at < residual.length; at++) direction[at] = residual[at] = -residual[at]!;
  let squaredResidual = dot(residual, residual);
  for (let count = 0; count < step.cgSteps && squaredResidual > negligible; count++) {
    applyEquations(step, shared, row, 0, direction, image);
    const length = squaredResidual / dot(direction, image);
    for (let at = 0; at < solution.length; at++) {
      solution[at]! += length * direction[at]!;
      residual[at]! -= length * image[at]!;
    }
    const next = dot(residual, residual);
    const kept = next / squaredResidual;
    for (let at = 0; at < direction.length; at++) direction[at] = residual[at]! + kept * direction[at]!;
    squaredResidual = next;
  }
}

/**
 * `target = (YᵀY + λI + Yᵀ(C − I)Y) vector − shift · YᵀC p`, in one pass over the row and without making that matrix.
 * With shift 1 the target is the negative residual of a solution, with shift 0 the image of a direction.
 */
function applyEquations(
  step: HalfStep,
  { gram, penalty }: SharedEquations,
  row: number,
  shift: 0 | 1,
  vector: Float64Array,
  target: Float64Array,
): void {
  const { starts, columns, values } = step.interactions;
  const { width, data } = step.fixed;
  const { alpha } = step;
  multiply(target, gram, vector);
  for (let at = 0; at < width; at++) target[at]! += penalty * vector[at]!;
  const end = starts[row + 1]!;
  for (let entry = starts[row]!; entry < end; entry++) {
    const start = columns[entry]! * width;
    const extra = alpha * values[entry]!;
    const scale = extra * dotRow(vector, data, start, width) - shift * (1 + extra);
    addRow(target, scale, data, start, width);
  }
}
