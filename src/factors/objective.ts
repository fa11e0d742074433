import type { Factors } from './factors.ts';
import { gramMatrix } from './factors.ts';
import type { UnknownPairs } from './interactions.ts';
import type { SparseMatrix } from './sparse-matrix.ts';
import { dot, dotRow, loadRow } from './vector-arithmetic.ts';

export interface ObjectiveInput {
  /** `[users, items]` */
  readonly interactions: SparseMatrix;
  readonly users: Factors;
  readonly items: Factors;
  readonly alpha: number;
  readonly regularisation: number;
  readonly unknown?: UnknownPairs | undefined;
}

/**
 * Returns the objective to minimize: `Σ c(p − x·y)² + λ(Σ|x|² + Σ|y|²)` over all pairs of users and items that are not
 * unknown (Hu et al. 2008, eq. 3).
 *
 * A pair without an interaction adds (x·y)². The sum of (x·y)² over all pairs is the sum of the elements of XᵀX ∘ YᵀY,
 * so only pairs with an interaction are visited.
 */
export function objective(input: ObjectiveInput): number {
  const { interactions, users, items, alpha, regularisation, unknown } = input;
  const [gramOfUsers, gramOfItems] = [gramMatrix(users), gramMatrix(items)];
  const penalty = regularisation * (trace(gramOfUsers, users.width) + trace(gramOfItems, users.width));
  let sum = dot(gramOfUsers, gramOfItems) + penalty;
  if (unknown) sum -= dot(gramMatrix(users, unknown.users, 1), gramMatrix(items, unknown.items, 1));
  const { starts, columns, values } = interactions;
  const { width } = users;
  const factor = new Float64Array(width);
  for (let user = 0; user < users.rows; user++) {
    loadRow(factor, users.data, user * width);
    for (let entry = starts[user]!; entry < starts[user + 1]!; entry++) {
      const score = dotRow(factor, items.data, columns[entry]! * width, width);
      sum += (1 + alpha * values[entry]!) * (1 - score) ** 2 - score ** 2;
    }
  }
  return sum;
}

/** The trace of a Gram matrix is the sum of all squared elements of the factors. */
function trace(matrix: Float64Array, width: number): number {
  let sum = 0;
  for (let at = 0; at < width; at++) sum += matrix[at * width + at]!;
  return sum;
}
