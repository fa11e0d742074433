import { expect, test } from '@jest/globals';
import { type SparseMatrix, sparseMatrices } from '../../src/factors/sparse-matrix.ts';
import { randomInteractions } from '../support/planted-interactions.ts';

function dense({ rows, width, starts, columns, values }: SparseMatrix): number[][] {
  const result = Array.from({ length: rows }, () => new Array<number>(width).fill(0));
  for (let row = 0; row < rows; row++) {
    for (let entry = starts[row]!; entry < starts[row + 1]!; entry++) {
      result[row]![columns[entry]!] = values[entry]!;
    }
  }
  return result;
}

test('both matrices hold the sum of the values of each pair', () => {
  const interactions = randomInteractions(20, 15, 400);
  const sums = Array.from({ length: 20 }, () => new Array<number>(15).fill(0));
  for (const [at, user] of interactions.userRows.entries()) {
    sums[user]![interactions.itemRows[at]!]! += interactions.values[at]!;
  }
  const { byUser, byItem } = sparseMatrices(interactions);
  expect(dense(byUser)).toEqual(sums);
  expect(dense(byItem)).toEqual(sums[0]!.map((_, item) => sums.map((row) => row[item])));
  expect(byUser.columns.length).toBe(sums.flat().filter((sum) => sum > 0).length);
});

test('without values each occurrence of a pair adds 1', () => {
  const rows = { userRows: Int32Array.of(0, 1, 0), itemRows: Int32Array.of(1, 0, 1) };
  expect(dense(sparseMatrices({ users: 2, items: 2, ...rows }).byUser)).toEqual([
    [0, 2],
    [1, 0],
  ]);
});

test('a value of 0 is not an interaction', () => {
  const { byUser } = sparseMatrices({
    users: 1,
    items: 2,
    userRows: Int32Array.of(0, 0),
    itemRows: Int32Array.of(0, 1),
    values: Float32Array.of(0, 3),
  });
  expect([...byUser.columns]).toEqual([1]);
});

test('refuses values of a pair whose sum exceeds a float32', () => {
  const huge = Float32Array.of(3e38, 3e38);
  const rows = { userRows: Int32Array.of(0, 0), itemRows: Int32Array.of(0, 0) };
  expect(() => sparseMatrices({ users: 1, items: 1, ...rows, values: huge })).toThrow(
    expect.objectContaining({ code: 'INVALID_DATA' }),
  );
});
