import { expect, test } from '@jest/globals';
import { openEngine } from '../../../src/engine/engines.ts';
import { sparseMatrices } from '../../../src/factors/sparse-matrix.ts';
import { fitEase } from '../../../src/training/closed-form/fit-ease.ts';
import { randomInteractions } from '../../support/planted-interactions.ts';
import { solveDense } from '../../support/solve-dense.ts';

test('three users who like {0, 1}, {1, 2} and {1} give the weights of the hand-worked inverse', async () => {
  const { byUser } = sparseMatrices({
    users: 3,
    items: 3,
    userRows: Int32Array.of(0, 0, 1, 1, 2),
    itemRows: Int32Array.of(0, 1, 1, 2, 1),
  });
  // XᵀX + I = [[2, 1, 0], [1, 4, 1], [0, 1, 2]] has the determinant 12 and the inverse
  // P = [[7, −2, 1], [−2, 4, −2], [1, −2, 7]] / 12, and B[i,j] = −P[i,j] / P[j,j].
  const expected = [0, 1 / 2, -1 / 7, 2 / 7, 0, 2 / 7, -1 / 7, 1 / 2, 0];
  const weights = await fitEase(byUser, { regularization: 1, engine: await openEngine('wasm') });
  for (const [at, value] of expected.entries()) expect(weights[at]).toBeCloseTo(value, 6);
});

test('each column is the ridge regression of an item on all other items', async () => {
  const [users, items, regularization] = [60, 17, 3];
  const { byUser } = sparseMatrices(randomInteractions(users, items, 300));
  byUser.values.fill(1);
  const likes = (user: number, item: number) =>
    byUser.columns.subarray(byUser.starts[user], byUser.starts[user + 1]).includes(item) ? 1 : 0;
  const together = (a: number, b: number) => {
    let sum = 0;
    for (let user = 0; user < users; user++) sum += likes(user, a) * likes(user, b);
    return sum;
  };
  const weights = await fitEase(byUser, { regularization, engine: await openEngine('onnx') });
  for (let item = 0; item < items; item++) {
    // Without the item itself, the constraint that the diagonal is 0 holds by construction.
    const others = Array.from({ length: items }, (_, other) => other).filter((other) => other !== item);
    const solved = solveDense(
      others.map((row) => others.map((column) => together(row, column) + (row === column ? regularization : 0))),
      others.map((other) => together(other, item)),
    );
    expect(weights[item * items + item]).toBe(0);
    for (const [at, other] of others.entries()) expect(weights[other * items + item]).toBeCloseTo(solved[at]!, 5);
  }
});
