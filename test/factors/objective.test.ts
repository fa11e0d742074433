import { expect, test } from '@jest/globals';
import { randomFactors } from '../../src/factors/factors.ts';
import { objective } from '../../src/factors/objective.ts';
import { sparseMatrices } from '../../src/factors/sparse-matrix.ts';
import { denseObjective } from '../support/dense-objective.ts';
import { randomInteractions } from '../support/planted-interactions.ts';

test('is the sum over all pairs, although only pairs with an interaction are visited', () => {
  const interactions = randomInteractions(30, 20, 200);
  const { byUser, byItem } = sparseMatrices(interactions);
  const users = randomFactors(byUser, 6, 1);
  const items = randomFactors(byItem, 6, 2);
  for (const factors of [users, items]) for (const at of factors.data.keys()) factors.data[at]! *= 60;
  const expected = denseObjective(interactions, { users, items }, 3, 0.2);
  const input = { interactions: byUser, users, items, alpha: 3, regularization: 0.2 };
  expect(objective(input) / expected).toBeCloseTo(1, 10);
});

test('the penalty of each row grows with the confidences of its pairs', () => {
  const interactions = randomInteractions(30, 20, 200);
  const { byUser, byItem } = sparseMatrices(interactions);
  const users = randomFactors(byUser, 6, 1);
  const items = randomFactors(byItem, 6, 2);
  const [alpha, regularization, regularizationExponent] = [3, 0.2, 0.5];
  const penalty = (matrix: typeof byUser, factors: typeof users) => {
    let sum = 0;
    for (const [at, value] of factors.data.entries()) {
      const row = Math.floor(at / 6);
      const values = matrix.values.subarray(matrix.starts[row], matrix.starts[row + 1]);
      const confidence = values.reduce((total, each) => total + alpha * each, matrix.width);
      sum += regularization * Math.sqrt(confidence) * value ** 2;
    }
    return sum;
  };
  const expected =
    denseObjective(interactions, { users, items }, alpha, 0) + penalty(byUser, users) + penalty(byItem, items);
  const input = { interactions: byUser, users, items, alpha, regularization, regularizationExponent };
  expect(objective(input) / expected).toBeCloseTo(1, 10);
});
