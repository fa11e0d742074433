import { expect, test } from '@jest/globals';
import { trainIals } from '../../src/factors/train-ials.ts';
import { solveDense } from '../support/solve-dense.ts';

const [users, items, width] = [14, 9, 3];
const options = { unobservedWeight: 0.2, regularization: 0.03, regularizationExponent: 0.8 };

/** Each user likes about a third of the items. */
const likes = (user: number, item: number) => (user * 5 + item * 3 + ((user * item) % 4)) % 3 === 0;
const pairs = Array.from({ length: users * items }, (_, at) => [Math.floor(at / items), at % items] as const).filter(
  ([user, item]) => likes(user, item),
);

/** Solves the equations of one row of iALS (arXiv 2110.14037, eq. 2), summed over all rows of the other side. */
function solveRow(fixed: readonly (readonly number[])[], observed: (row: number) => boolean): number[] {
  const count = fixed.filter((_, row) => observed(row)).length;
  const penalty = options.regularization * (count + options.unobservedWeight * fixed.length) ** 0.8;
  const matrix = Array.from({ length: width }, (_, row) =>
    Array.from({ length: width }, (_, column) => (row === column ? penalty : 0)),
  );
  const right = new Array<number>(width).fill(0);
  for (const [other, factor] of fixed.entries()) {
    const weight = options.unobservedWeight + (observed(other) ? 1 : 0);
    for (let row = 0; row < width; row++) {
      if (observed(other)) right[row]! += factor[row]!;
      for (let column = 0; column < width; column++) matrix[row]![column]! += weight * factor[row]! * factor[column]!;
    }
  }
  return solveDense(matrix, right);
}

test('converges to item factors that solve the equations of iALS, with users that do', async () => {
  const trained = await trainIals(
    {
      users,
      items,
      userRows: Int32Array.from(pairs, ([user]) => user),
      itemRows: Int32Array.from(pairs, ([, item]) => item),
    },
    { ...options, factors: width, iterations: 300, seed: 1 },
  );
  const ofItems = Array.from({ length: items }, (_, item) => [
    ...trained.factors.subarray(item * width, (item + 1) * width),
  ]);
  // Users without interactions do not add to the penalties of items.
  const active = [...new Set(pairs.map(([user]) => user))];
  expect(active.length).toBeLessThan(users);
  const ofUsers = active.map((user) => solveRow(ofItems, (item) => likes(user, item)));
  for (const [item, factor] of ofItems.entries()) {
    const solved = solveRow(ofUsers, (row) => likes(active[row]!, item));
    for (const [at, value] of solved.entries()) expect(factor[at]).toBeCloseTo(value, 4);
  }
  // Otherwise factors of zero would pass.
  expect(Math.hypot(...trained.factors)).toBeGreaterThan(0.5);
  expect(trained.unobserved).toBeCloseTo(0.2 * items, 10);
  for (let row = 0; row < width; row++) {
    for (let column = 0; column < width; column++) {
      const product = ofItems.reduce((sum, factor) => sum + factor[row]! * factor[column]!, 0);
      expect(trained.gram[row * width + column]).toBeCloseTo(0.2 * product, 5);
    }
  }
});
