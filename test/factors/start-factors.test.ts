import { expect, test } from '@jest/globals';
import { alternatingLeastSquares } from '../../src/factors/alternating-least-squares.ts';
import { parseFactorizationOptions } from '../../src/factors/factorization-options.ts';
import { factorize } from '../../src/factors/factorize.ts';
import type { Factors } from '../../src/factors/factors.ts';
import type { Interactions } from '../../src/factors/interactions.ts';
import { denseObjective } from '../support/dense-objective.ts';
import { blockInteractions } from '../support/planted-interactions.ts';

const options = { factors: 8, alpha: 2, regularization: 1 };
const [users, items] = [60, 40];
const all = blockInteractions(users, items, { blocks: 4, inside: 0.6, outside: 0.03 });
/** All interactions but every fifth. */
const some: Interactions = {
  ...all,
  userRows: all.userRows.filter((_, at) => at % 5 !== 0),
  itemRows: all.itemRows.filter((_, at) => at % 5 !== 0),
};

function factorsOf(interactions: Interactions, iterations: number, seed: number, start?: Factors) {
  const parsed = parseFactorizationOptions({ ...options, iterations, seed });
  return alternatingLeastSquares(interactions, parsed, () => {}, start);
}

/** The mean cosine between equal rows. */
function likeness(left: Factors, right: Factors): number {
  let sum = 0;
  for (let row = 0; row < left.rows; row++) {
    const [a, b] = [left, right].map(({ data, width }) => [...data.subarray(row * width, (row + 1) * width)]) as [
      number[],
      number[],
    ];
    const dot = (x: number[], y: number[]) => x.reduce((total, value, at) => total + value * y[at]!, 0);
    sum += dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  }
  return sum / left.rows;
}

const before = factorsOf(some, 15, 1);

test('reaches the objective of many iterations in a few from the factors of similar data', () => {
  const lossOf = (result: ReturnType<typeof factorsOf>) =>
    denseObjective(all, result, options.alpha, options.regularization);
  const many = lossOf(factorsOf(all, 40, 1));
  const continued = lossOf(factorsOf(all, 3, 9, before.items));
  expect(continued / many).toBeLessThan(1.01);
  expect(lossOf(factorsOf(all, 3, 9)) / many).toBeGreaterThan(continued / many);
});

test('stays close to the start factors, unlike a run from random factors', () => {
  const continued = factorsOf(all, 3, 9, before.items);
  expect(likeness(continued.items, before.items)).toBeGreaterThan(0.95);
  expect(likeness(continued.users, before.users)).toBeGreaterThan(0.9);
  expect(likeness(factorsOf(all, 15, 9).items, before.items)).toBeLessThan(0.7);
});

test('does not change the start factors', () => {
  const { data } = before.items;
  const copy = data.slice();
  factorsOf(all, 1, 1, before.items);
  expect(data).toEqual(copy);
});

test('starts items that the start factors do not know from random factors', () => {
  const known = before.items.known.slice();
  known[0] = 0;
  const data = before.items.data.slice().fill(Number.NaN, 0, options.factors);
  const { items: found } = factorsOf(all, 2, 1, { ...before.items, known, data });
  expect(found.data.every(Number.isFinite)).toBe(true);
});

test('refuses start factors of another number of items or another width', async () => {
  const wrong = [
    [{ ...before.items, rows: 41 }, 'shape [40, 8], got [41, 8]'],
    [{ ...before.items, width: 4 }, 'shape [40, 8], got [40, 4]'],
  ] as const;
  for (const [start, message] of wrong) {
    expect(() => factorsOf(all, 1, 1, start)).toThrow(
      expect.objectContaining({ code: 'INVALID_DATA', message: expect.stringContaining(message) }),
    );
  }
  const copies = { ...all, userRows: all.userRows.slice(), itemRows: all.itemRows.slice() };
  const request = { interactions: copies, options, start: wrong[0][0] };
  await expect(factorize(request)).rejects.toMatchObject({ code: 'INVALID_DATA' });
});

test('factorize copies the start factors to its thread', async () => {
  const expected = factorsOf(all, 2, 1, before.items);
  const copies = { ...all, userRows: all.userRows.slice(), itemRows: all.itemRows.slice() };
  const { maps: _, ...found } = await factorize({
    interactions: copies,
    options: { ...options, iterations: 2 },
    start: before.items,
  });
  expect(found).toEqual(expected);
  expect(before.items.data).toHaveLength(items * options.factors);
});
