import { expect, test } from '@jest/globals';
import { type Factors, randomFactors, zeroFactors } from '../../src/factors/factors.ts';
import { prepareHalfStep } from '../../src/factors/solve-rows.ts';
import { sparseMatrices } from '../../src/factors/sparse-matrix.ts';
import { randomInteractions } from '../support/planted-interactions.ts';
import { solveDense } from '../support/solve-dense.ts';

const [alpha, regularization] = [2, 0.3];
const { byUser, byItem } = sparseMatrices(randomInteractions(12, 30, 60));

/** Hu, Koren and Volinsky 2008, eq. 4, computed over all items. */
function closedForm(user: number, items: Factors): number[] {
  const { width, data } = items;
  const matrix = Array.from({ length: width }, (_, row) =>
    Array.from({ length: width }, (_, column) => (row === column ? regularization : 0)),
  );
  const right = new Array<number>(width).fill(0);
  for (let item = 0; item < items.rows; item++) {
    const entries = byUser.columns.subarray(byUser.starts[user]!, byUser.starts[user + 1]!);
    const found = entries.indexOf(item);
    const value = found < 0 ? 0 : byUser.values[byUser.starts[user]! + found]!;
    const factor = data.subarray(item * width, (item + 1) * width);
    for (let row = 0; row < width; row++) {
      for (let column = 0; column < width; column++) {
        matrix[row]![column]! += (1 + alpha * value) * factor[row]! * factor[column]!;
      }
      if (value > 0) right[row]! += (1 + alpha * value) * factor[row]!;
    }
  }
  return solveDense(matrix, right);
}

function scaled(factors: Factors, scale: number): Factors {
  return { ...factors, data: factors.data.map((value) => value * scale) };
}

// 8 is a multiple of the loops' unrolling, 7 is not.
test.each([1, 7, 8])('as many steps as there are factors solve a row exactly: %d factors', (width) => {
  const items = scaled(randomFactors(byItem, width, 3), 50);
  const users = scaled(randomFactors(byUser, width, 4), 50);
  const step = { interactions: byUser, solved: users, fixed: items, alpha, regularization };
  prepareHalfStep({ ...step, cgSteps: 2 * width })(0, 12);
  for (let user = 0; user < 12; user++) {
    for (const [at, value] of closedForm(user, items).entries()) {
      if (users.known[user]) expect(users.data[user * width + at]).toBeCloseTo(value, 5);
    }
  }
});

test('the division of rows into calls does not change the result', () => {
  const items = scaled(randomFactors(byItem, 8, 3), 50);
  const solve = (cuts: readonly number[]) => {
    const users = zeroFactors(byUser, 8);
    const step = { interactions: byUser, solved: users, fixed: items, alpha, regularization, cgSteps: 3 };
    const solveRows = prepareHalfStep(step);
    for (const [at, cut] of cuts.slice(1).entries()) solveRows(cuts[at]!, cut);
    return users.data;
  };
  expect(solve([0, 3, 12])).toEqual(solve([0, 12]));
});

test('a row without interactions keeps factors of zero', () => {
  const { byUser, byItem } = sparseMatrices({
    users: 3,
    items: 1,
    userRows: Int32Array.of(2),
    itemRows: Int32Array.of(0),
  });
  const users = zeroFactors(byUser, 2);
  const fixed = randomFactors(byItem, 2, 1);
  prepareHalfStep({ interactions: byUser, solved: users, fixed, alpha, regularization, cgSteps: 3 })(0, 3);
  expect([...users.data.subarray(0, 4)]).toEqual([0, 0, 0, 0]);
  expect([...users.known]).toEqual([0, 0, 1]);
});
