import { describe, expect, test } from '@jest/globals';
import { factorizeRatings, type RatingFactorOptions } from '../../src/factors/factorize-ratings.ts';
import { ratingFactors } from '../../src/factors/rating-factors.ts';
import type { SparseMatrix } from '../../src/factors/sparse-matrix.ts';
import { solveDense } from '../support/solve-dense.ts';

type Rating = readonly [user: number, item: number, value: number];
const options: RatingFactorOptions = {
  width: 2,
  regularization: 0.4,
  biasRegularization: 1.5,
  iterations: 400,
  seed: 1,
};

function matrixOf(users: number, items: number, ratings: readonly Rating[]): SparseMatrix {
  const sorted = ratings.toSorted(([a], [b]) => a - b);
  return {
    rows: users,
    width: items,
    starts: Int32Array.from({ length: users + 1 }, (_, row) => sorted.filter(([user]) => user < row).length),
    columns: Int32Array.from(sorted, ([, item]) => item),
    values: Float32Array.from(sorted, ([, , value]) => value),
  };
}

describe('factorizeRatings', () => {
  test('gives the items of one user who rates two items biases that are worked out by hand', () => {
    // With biases b and −b of the items and c = 0 of the user, r = ±1 and κ = 1: b = 1 / (1 + 1).
    const byUser = matrixOf(1, 3, [
      [0, 0, 1],
      [0, 2, -1],
    ]);
    const kept = factorizeRatings(byUser, { ...options, biasRegularization: 1, regularization: 1e6 });
    const [first, unrated, last] = [0, 3, 6].map((start) => [...kept.subarray(start, start + 3)]);
    expect(first![0]).toBeCloseTo(0.5, 6);
    expect(last![0]).toBeCloseTo(-0.5, 6);
    expect(unrated).toEqual([0, 0, 0]);
  });

  const [users, items] = [12, 8];
  const ratings = Array.from({ length: users * items }, (_, at) => [Math.floor(at / items), at % items] as const)
    .filter(([user, item]) => (user * 5 + item * 3) % 4 !== 0 && item !== 6)
    .map(([user, item]): Rating => [user, item, Math.sin(user) * Math.cos(2 * item) + 0.3 * Math.sin(7 * user * item)]);
  const kept = factorizeRatings(matrixOf(users, items, ratings), options);
  const biasOf = (item: number) => kept[3 * item]!;
  const factorsOf = (item: number) => [...kept.subarray(3 * item + 1, 3 * item + 3)];

  test('has the biases that solve their equations together', () => {
    // One unknown for each user and each item.
    const size = users + items;
    const matrix = Array.from({ length: size }, (_, row) =>
      Array.from({ length: size }, (_, column) => (row === column ? 1.5 : 0)),
    );
    const right = new Array<number>(size).fill(0);
    for (const [user, item, value] of ratings) {
      for (const [row, column] of [
        [user, user],
        [user, users + item],
        [users + item, user],
        [users + item, users + item],
      ] as const)
        matrix[row]![column]! += 1;
      right[user]! += value;
      right[users + item]! += value;
    }
    const solved = solveDense(matrix, right);
    for (let item = 0; item < items; item++) expect(biasOf(item)).toBeCloseTo(solved[users + item]!, 5);
  });

  test('has factors of items that solve their equations, with users that solve theirs', () => {
    const ridge = (rows: readonly (readonly number[])[], values: readonly number[], penalties: readonly number[]) =>
      solveDense(
        penalties.map((penalty, a) =>
          penalties.map((_, b) => rows.reduce((sum, row) => sum + row[a]! * row[b]!, a === b ? penalty : 0)),
        ),
        penalties.map((_, a) => rows.reduce((sum, row, at) => sum + row[a]! * values[at]!, 0)),
      );
    const ofUsers = Array.from({ length: users }, (_, user) => {
      const own = ratings.filter(([who]) => who === user);
      return ridge(
        own.map(([, item]) => [1, ...factorsOf(item)]),
        own.map(([, item, value]) => value - biasOf(item)),
        [1.5, 0.4, 0.4],
      );
    });
    for (let item = 0; item < items; item++) {
      const own = ratings.filter(([, what]) => what === item);
      const solved = ridge(
        own.map(([user]) => ofUsers[user]!.slice(1)),
        own.map(([user, , value]) => value - biasOf(item) - ofUsers[user]![0]!),
        [0.4, 0.4],
      );
      for (const [at, value] of solved.entries()) expect(factorsOf(item)[at]).toBeCloseTo(value, 4);
    }
    // Otherwise factors of zero would pass.
    expect(Math.hypot(...kept.filter((_, at) => at % 3 > 0))).toBeGreaterThan(0.5);
  });

  test('is what ratingFactors computes in a thread, and depends on nothing but its arguments', async () => {
    const request = () => ({ byUser: matrixOf(users, items, ratings), options });
    expect(await ratingFactors(request())).toEqual(kept);
    expect(await ratingFactors({ ...request(), options: { ...options, seed: 2 } })).not.toEqual(kept);
  });
});
