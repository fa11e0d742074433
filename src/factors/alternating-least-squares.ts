import { WarmstartError } from '../common/errors.ts';
import type { FactorizationOptions } from './factorization-options.ts';
import { type Factors, randomFactors, zeroFactors } from './factors.ts';
import { checkInteractions, type Interactions } from './interactions.ts';
import { objective } from './objective.ts';
import { type HalfStep, prepareHalfStep } from './solve-rows.ts';
import { type SparseMatrix, sparseMatrices } from './sparse-matrix.ts';

export type AlsOptions = Omit<FactorizationOptions, 'ridge'>;

export interface AlsProgress {
  /** The share of the work that is done, in (0, 1]. */
  readonly fraction: number;
  /** The number of finished iterations. */
  readonly iteration: number;
  /** The value of `objective` after the last finished iteration. Missing before the first one has finished. */
  readonly objective?: number;
}

export interface UserAndItemFactors {
  readonly users: Factors;
  readonly items: Factors;
}

/**
 * Factorizes implicit feedback by alternating least squares (Hu, Koren and Volinsky 2008), so that `x·y` is near 1 for
 * a user and an item that belong together and near 0 otherwise.
 *
 * `options.seed` determines the result. If `start` is given, these factors of items replace the random initial ones:
 * the result is then close to them, every dimension keeps its meaning, and a few iterations are enough.
 *
 * Blocks its thread, so `factorize` runs it in a thread of its own. Calls `onProgress` every few milliseconds. Needs 32
 * bytes for each interaction in addition to the interactions and the factors. Throws INVALID_DATA if the interactions
 * are invalid (see `checkInteractions`), if `start` has another shape, or if the objective is not finite.
 */
export function alternatingLeastSquares(
  interactions: Interactions,
  options: AlsOptions,
  onProgress: (progress: AlsProgress) => void = () => {},
  start?: Factors,
): UserAndItemFactors {
  checkInteractions(interactions);
  const { byUser, byItem } = sparseMatrices(interactions);
  const { unknown } = interactions;
  const users = zeroFactors(byUser, options.factors);
  const items = randomFactors(byItem, options.factors, options.seed);
  if (start) copyKnown(start, items);
  const halfSteps: readonly HalfStep[] = [
    {
      ...options,
      interactions: byUser,
      solved: users,
      fixed: items,
      unknown: unknown && { solved: unknown.users, fixed: unknown.items },
    },
    {
      ...options,
      interactions: byItem,
      solved: items,
      fixed: users,
      unknown: unknown && { solved: unknown.items, fixed: unknown.users },
    },
  ];
  let loss: number | undefined;
  for (let iteration = 0; iteration < options.iterations; iteration++) {
    for (const [half, step] of halfSteps.entries()) {
      solveAll(step, (share) => {
        const fraction = (iteration + (half + share) / 2) / options.iterations;
        onProgress({ fraction, iteration, ...(loss === undefined ? {} : { objective: loss }) });
      });
    }
    loss = finite(objective({ ...options, interactions: byUser, users, items, unknown }));
  }
  onProgress({ fraction: 1, iteration: options.iterations, objective: loss ?? 0 });
  return { users, items };
}

/** Rows that `start` does not know keep their initial factors. */
function copyKnown(start: Factors, target: Factors): void {
  if (start.rows !== target.rows || start.width !== target.width) {
    throw new WarmstartError(
      'INVALID_DATA',
      `start: expected factors of items of shape [${target.rows}, ${target.width}], got [${start.rows}, ${start.width}]`,
    );
  }
  const { width } = target;
  for (let row = 0; row < target.rows; row++) {
    if (!start.known[row] || !target.known[row]) continue;
    target.data.set(start.data.subarray(row * width, (row + 1) * width), row * width);
  }
}

/** A few milliseconds of work. */
const entriesPerCall = 1 << 14;
const rowsPerCall = 1 << 9;

function solveAll(step: HalfStep, onShare: (share: number) => void): void {
  const { rows, starts } = step.interactions;
  const solveRows = prepareHalfStep(step);
  // A row multiplies a matrix once, which costs as much as the vector operations of width / 2 entries.
  const workBefore = (row: number) => starts[row]! + row * (step.solved.width / 2);
  for (let row = 0; row < rows; ) {
    const end = endOfPortion(step.interactions, row);
    solveRows(row, end);
    onShare(workBefore(end) / workBefore(rows));
    row = end;
  }
}

/** Returns the end row of a portion of about `entriesPerCall` entries, with 1 to `rowsPerCall` rows. */
function endOfPortion({ rows, starts }: SparseMatrix, row: number): number {
  const enough = starts[row]! + entriesPerCall;
  const last = Math.min(rows, row + rowsPerCall);
  let end = row + 1;
  while (end < last && starts[end]! < enough) end++;
  return end;
}

function finite(loss: number): number {
  if (Number.isFinite(loss)) return loss;
  throw new WarmstartError(
    'INVALID_DATA',
    `values of the interactions: expected a finite objective, got ${loss}; lower the values or alpha.`,
  );
}
