import { describe, expect, test } from '@jest/globals';
import { alternatingLeastSquares } from '../../src/factors/alternating-least-squares.ts';
import { parseFactorizationOptions } from '../../src/factors/factorization-options.ts';
import { type Factors, gramMatrix, randomFactors } from '../../src/factors/factors.ts';
import { checkInteractions, type Interactions } from '../../src/factors/interactions.ts';
import { objective } from '../../src/factors/objective.ts';
import { prepareHalfStep } from '../../src/factors/solve-rows.ts';
import { sparseMatrices } from '../../src/factors/sparse-matrix.ts';
import { denseObjective } from '../support/dense-objective.ts';
import { randomInteractions } from '../support/planted-interactions.ts';
import { solveDense } from '../support/solve-dense.ts';

const [users, items, width] = [14, 20, 5];
const [alpha, regularization] = [2, 0.3];
const marks = (count: number, every: number) => Uint8Array.from({ length: count }, (_, row) => +(row % every === 0));
/** The pairs of every third user with every second item are unknown. */
const unknown = { users: marks(users, 3), items: marks(items, 2) };
const isUnknown = (user: number, item: number) => unknown.users[user] === 1 && unknown.items[item] === 1;
const interactions = withUnknown(randomInteractions(users, items, 90));
const { byUser, byItem } = sparseMatrices(interactions);

/** The interactions of pairs that are not unknown. */
function withUnknown({ values, ...all }: ReturnType<typeof randomInteractions>): Interactions {
  const kept = [...all.userRows.keys()].filter(
    (at) => !isUnknown(all.userRows[at] as number, all.itemRows[at] as number),
  );
  return {
    users,
    items,
    userRows: Int32Array.from(kept, (at) => all.userRows[at] as number),
    itemRows: Int32Array.from(kept, (at) => all.itemRows[at] as number),
    values: Float32Array.from(kept, (at) => values[at] as number),
    unknown,
  };
}

function scaled(factors: Factors, scale: number): Factors {
  return { ...factors, data: factors.data.map((value) => value * scale) };
}

/** Weighted least squares over all fixed rows, in which unknown pairs have weight 0 (Hu et al. 2008, eq. 4). */
function closedForm(fixed: Factors, valueAt: (row: number) => number, isLeftOut: (row: number) => boolean): number[] {
  const matrix = Array.from({ length: width }, (_, row) =>
    Array.from({ length: width }, (_, column) => (row === column ? regularization : 0)),
  );
  const right = new Array<number>(width).fill(0);
  for (let row = 0; row < fixed.rows; row++) {
    const value = valueAt(row);
    const weight = isLeftOut(row) ? 0 : 1 + alpha * value;
    const factor = [...fixed.data.subarray(row * width, (row + 1) * width)];
    for (const [at, own] of factor.entries()) {
      for (const [column, other] of factor.entries()) (matrix[at] as number[])[column]! += weight * own * other;
      if (value > 0) right[at]! += weight * own;
    }
  }
  return solveDense(matrix, right);
}

function valueAt(user: number, item: number): number {
  const { userRows, itemRows, values } = interactions;
  return userRows.reduce(
    (sum, each, at) => (each === user && itemRows[at] === item ? sum + (values?.[at] as number) : sum),
    0,
  );
}

describe('unknown pairs', () => {
  test('have no weight in the equations of a user', () => {
    const fixed = scaled(randomFactors(byItem, width, 3), 50);
    const solved = scaled(randomFactors(byUser, width, 4), 50);
    const marked = { solved: unknown.users, fixed: unknown.items };
    const step = { interactions: byUser, solved, fixed, alpha, regularization, cgSteps: 20, unknown: marked };
    prepareHalfStep(step)(0, users);
    for (let user = 0; user < users; user++) {
      const expected = closedForm(
        fixed,
        (item) => valueAt(user, item),
        (item) => isUnknown(user, item),
      );
      const found = solved.data.subarray(user * width, (user + 1) * width);
      if (solved.known[user]) for (const [at, value] of expected.entries()) expect(found[at]).toBeCloseTo(value, 5);
    }
  });

  test('have no weight in the equations of an item', () => {
    const fixed = scaled(randomFactors(byUser, width, 3), 50);
    const solved = scaled(randomFactors(byItem, width, 4), 50);
    const marked = { solved: unknown.items, fixed: unknown.users };
    const step = { interactions: byItem, solved, fixed, alpha, regularization, cgSteps: 20, unknown: marked };
    prepareHalfStep(step)(0, items);
    for (let item = 0; item < items; item++) {
      const expected = closedForm(
        fixed,
        (user) => valueAt(user, item),
        (user) => isUnknown(user, item),
      );
      const found = solved.data.subarray(item * width, (item + 1) * width);
      if (solved.known[item]) for (const [at, value] of expected.entries()) expect(found[at]).toBeCloseTo(value, 5);
    }
  });

  test('are left out of the objective', () => {
    const [ofUsers, ofItems] = [
      scaled(randomFactors(byUser, width, 1), 60),
      scaled(randomFactors(byItem, width, 2), 60),
    ];
    const input = { interactions: byUser, users: ofUsers, items: ofItems, alpha, regularization };
    const expected = denseObjective(interactions, { users: ofUsers, items: ofItems }, alpha, regularization);
    expect(objective({ ...input, unknown }) / expected).toBeCloseTo(1, 10);
    expect(objective(input)).toBeGreaterThan(expected * 1.001);
  });

  test('never make the objective rise between iterations', () => {
    let before = Infinity;
    for (let iterations = 1; iterations <= 8; iterations++) {
      const options = parseFactorizationOptions({ factors: width, alpha, regularization, iterations });
      let reported = 0;
      const result = alternatingLeastSquares(interactions, options, ({ objective: loss }) => {
        if (loss !== undefined) reported = loss;
      });
      const loss = denseObjective(interactions, result, alpha, regularization);
      expect(loss).toBeLessThanOrEqual(before * (1 + 1e-6));
      expect(reported / loss).toBeCloseTo(1, 6);
      before = loss;
    }
  });

  test('can score high, while absent pairs score low', () => {
    // Two groups of users like the same items, but whether the second group likes the last two items is unknown.
    const pairs = [0, 1, 2, 3].flatMap((user) => [0, 1, 2, 3].map((item) => [user, item] as const));
    const seen = pairs.filter(([user, item]) => user < 2 || item < 2);
    const rows = {
      users: 4,
      items: 4,
      userRows: Int32Array.from(seen, ([user]) => user),
      itemRows: Int32Array.from(seen, ([, item]) => item),
    };
    const options = parseFactorizationOptions({ factors: 1, regularization: 0.05, alpha: 1 });
    const scoreOf = (given: Interactions) => {
      const result = alternatingLeastSquares(given, options);
      return result.users.data[3]! * result.items.data[3]!;
    };
    const marked = { users: Uint8Array.of(0, 0, 1, 1), items: Uint8Array.of(0, 0, 1, 1) };
    expect(scoreOf({ ...rows, unknown: marked })).toBeGreaterThan(0.9);
    expect(scoreOf(rows)).toBeLessThan(0.75);
  });

  test('must not include an interaction and must have a mark for every user and item', () => {
    const refusal = (changes: Partial<Interactions>, message: string) =>
      expect(() => checkInteractions({ ...interactions, ...changes })).toThrow(
        expect.objectContaining({ code: 'INVALID_DATA', message: expect.stringContaining(message) }),
      );
    refusal(
      { userRows: Int32Array.of(1, 3), itemRows: Int32Array.of(1, 4), values: Float32Array.of(1, 1) },
      'unknown of the interactions: expected no interaction among the unknown pairs, got one at index 1.',
    );
    refusal(
      { unknown: { ...unknown, users: new Uint8Array(3) } },
      'unknown.users of the interactions: expected one mark for each of 14 users, got 3.',
    );
    refusal(
      { unknown: { ...unknown, items: new Uint8Array(3) } },
      'unknown.items of the interactions: expected one mark for each of 20 items, got 3.',
    );
    expect(() => checkInteractions(interactions)).not.toThrow();
  });
});

test('the Gram matrices of marked and unmarked rows add up to that of all rows', () => {
  const factors = scaled(randomFactors(byItem, 2, 1), 50);
  const expected = (mark: number) =>
    [0, 1].flatMap((row) =>
      [0, 1].map((column) =>
        [...unknown.items].reduce<number>(
          (sum, each, item) =>
            each === mark ? sum + factors.data[item * 2 + row]! * factors.data[item * 2 + column]! : sum,
          0,
        ),
      ),
    );
  for (const mark of [0, 1] as const) {
    const found = gramMatrix(factors, unknown.items, mark);
    for (const [at, value] of expected(mark).entries()) expect(found[at]).toBeCloseTo(value, 10);
  }
  const all = gramMatrix(factors);
  for (const [at, value] of all.entries()) expect(value).toBeCloseTo(expected(0)[at]! + expected(1)[at]!, 10);
});
