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

test('estimates the factors of items without interactions from features, by ridge regression', async () => {
  // Items 0 to 5 have interactions. Each has one of two colors, and item 5 both.
  const ridge = 2;
  const colorsOf = [[0], [1], [0], [1], [0], [0, 1], [1]];
  const userRows = Int32Array.of(0, 0, 1, 1, 1, 2, 2, 3, 3, 4);
  const itemRows = Int32Array.of(0, 2, 2, 4, 5, 1, 3, 3, 5, 0);
  const weights = Float32Array.from(colorsOf.flatMap((colors) => (colors.length === 2 ? [0.5, 0.5] : [1, 0])));
  const indices = Int32Array.from(colorsOf.flatMap((colors) => [colors[0]!, colors[1] ?? 0]));
  const { factors, map } = await trainIals(
    { users: 5, items: colorsOf.length, userRows, itemRows },
    { ...options, ridge, factors: width, iterations: 20, seed: 1 },
    { features: { rows: colorsOf.length, slots: 2, indices, weights }, vocabularyRows: 2 },
  );
  // The equations of the weights of the two colors and of the bias, which has no penalty.
  const design = colorsOf.slice(0, 6).map((colors) => {
    const share = 1 / colors.length;
    return [colors.includes(0) ? share : 0, colors.includes(1) ? share : 0, 1];
  });
  const sumOf = (value: (row: readonly number[], item: number) => number) =>
    design.reduce((sum, row, item) => sum + value(row, item), 0);
  const matrix = [0, 1, 2].map((a) =>
    [0, 1, 2].map((b) => sumOf((row) => row[a]! * row[b]!) + (a === b && a < 2 ? ridge : 0)),
  );
  for (let unit = 0; unit < width; unit++) {
    const right = [0, 1, 2].map((a) => sumOf((row, item) => row[a]! * factors[item * width + unit]!));
    const [first, second, bias] = solveDense(matrix, right);
    expect(map!.data[unit]).toBeCloseTo(first!, 3);
    expect(map!.data[width + unit]).toBeCloseTo(second!, 3);
    expect(map!.bias[unit]).toBeCloseTo(bias!, 3);
  }
  expect(Math.hypot(...map!.data)).toBeGreaterThan(0.05);
});
