import type { Factors } from './factors.ts';
import { gramMatrix } from './factors.ts';
import type { UnknownPairs } from './interactions.ts';
import { type PenaltyOptions, penaltiesOf } from './penalties.ts';
import { type SparseMatrix, transpose } from './sparse-matrix.ts';
import { dot, dotRow, loadRow } from './vector-arithmetic.ts';

export interface ObjectiveInput extends PenaltyOptions {
  /** `[users, items]` */
  readonly interactions: SparseMatrix;
  readonly users: Factors;
  readonly items: Factors;
  readonly unknown?: UnknownPairs | undefined;
}

/**
 * Returns the objective to minimize: `Σ c(p − x·y)² + Σ λ|x|² + Σ λ|y|²` over all pairs of users and items that are not
 * unknown (Hu et al. 2008, eq. 3). Each user and item has its own λ, see `penaltiesOf`.
 *
 * A pair without an interaction adds (x·y)². The sum of (x·y)² over all pairs is the sum of the elements of XᵀX ∘ YᵀY,
 * so only pairs with an interaction are visited.
 */
export function objective(input: ObjectiveInput): number {
  const { interactions, users, items, alpha, unknown } = input;
  const [gramOfUsers, gramOfItems] = [gramMatrix(users), gramMatrix(items)];
  const penalties = [penaltiesOf(interactions, input), penaltiesOf(transpose(interactions), input)] as const;
  let sum = dot(gramOfUsers, gramOfItems) + penalty(users, penalties[0]) + penalty(items, penalties[1]);
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

/** Returns `Σ λ|x|²`. */
function penalty({ rows, width, data }: Factors, penalties: Float64Array): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    for (let at = row * width; at < (row + 1) * width; at++) sum += penalties[row]! * data[at]! ** 2;
  }
  return sum;
}
