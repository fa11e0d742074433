import { expect, test } from '@jest/globals';
import { type AlsProgress, alternatingLeastSquares } from '../../src/factors/alternating-least-squares.ts';
import { type FactorizationOptionsInput, parseFactorizationOptions } from '../../src/factors/factorization-options.ts';
import type { Interactions } from '../../src/factors/interactions.ts';
import { denseObjective } from '../support/dense-objective.ts';
import { blockInteractions, randomInteractions } from '../support/planted-interactions.ts';

function factorize(
  interactions: Interactions,
  options: FactorizationOptionsInput = {},
  onProgress?: (progress: AlsProgress) => void,
) {
  return alternatingLeastSquares(interactions, parseFactorizationOptions(options), onProgress);
}

type Result = ReturnType<typeof factorize>;

function score({ users, items }: Result, user: number, item: number): number {
  let sum = 0;
  for (let at = 0; at < users.width; at++) {
    sum += users.data[user * users.width + at]! * items.data[item * users.width + at]!;
  }
  return sum;
}

test('the objective never rises between iterations and equals the reported one', () => {
  const interactions = randomInteractions(60, 40, 600);
  let before = Infinity;
  for (let iterations = 1; iterations <= 8; iterations++) {
    let reported: number | undefined;
    const options = { factors: 8, alpha: 3, regularization: 0.2, iterations };
    const result = factorize(interactions, options, (progress) => {
      reported = progress.objective;
    });
    const loss = denseObjective(interactions, result, 3, 0.2);
    expect(loss).toBeLessThanOrEqual(before * (1 + 1e-6));
    expect(reported! / loss).toBeCloseTo(1, 6);
    before = loss;
  }
});

test('scores all pairs within planted groups above all pairs across them', () => {
  const interactions = blockInteractions(60, 40, { blocks: 4, inside: 0.7, outside: 0 });
  const result = factorize(interactions, { factors: 4, alpha: 2, regularization: 1 });
  let [lowestInside, highestOutside] = [Infinity, -Infinity];
  for (let user = 0; user < 60; user++) {
    for (let item = 0; item < 40; item++) {
      const value = score(result, user, item);
      if (user % 4 === item % 4) lowestInside = Math.min(lowestInside, value);
      else highestOutside = Math.max(highestOutside, value);
    }
  }
  expect(lowestInside).toBeGreaterThan(highestOutside);
});

test('finds held-out pairs far more often than popularity does', () => {
  const all = blockInteractions(200, 100, { blocks: 5, inside: 0.4, outside: 0.02 });
  const isHeldOut = (_: unknown, at: number) => at % 5 === 0;
  const isKept = (_: unknown, at: number) => at % 5 !== 0;
  const kept = { ...all, userRows: all.userRows.filter(isKept), itemRows: all.itemRows.filter(isKept) };
  const heldOut = { userRows: all.userRows.filter(isHeldOut), itemRows: all.itemRows.filter(isHeldOut) };
  const result = factorize(kept, { factors: 8, alpha: 2, regularization: 2 });
  const popularity = new Float64Array(100);
  for (const item of kept.itemRows) popularity[item]!++;

  const recall = (scoreOf: (user: number, item: number) => number) => {
    let hits = 0;
    for (const [at, user] of heldOut.userRows.entries()) {
      const seen = new Set(kept.itemRows.filter((_, entry) => kept.userRows[entry] === user));
      const ranked = [...Array(100).keys()].filter((item) => !seen.has(item));
      ranked.sort((left, right) => scoreOf(user, right) - scoreOf(user, left));
      if (ranked.slice(0, 15).includes(heldOut.itemRows[at]!)) hits++;
    }
    return hits / heldOut.userRows.length;
  };
  const byPopularity = recall((_, item) => popularity[item]!);
  const byFactors = recall((user, item) => score(result, user, item));
  expect(byFactors).toBeGreaterThan(0.65);
  expect(byFactors).toBeGreaterThan(3 * byPopularity);
});

test('the same seed gives the same factors, and another seed gives different ones', () => {
  const interactions = randomInteractions(50, 40, 300);
  const users = (seed: number) => factorize(interactions, { factors: 8, iterations: 2, seed }).users.data;
  expect(users(7)).toEqual(users(7));
  expect(users(8)).not.toEqual(users(7));
});

test('the order of the interactions does not matter', () => {
  const { users, items, userRows, itemRows, values } = randomInteractions(50, 40, 300);
  const reversed = {
    users,
    items,
    userRows: userRows.toReversed(),
    itemRows: itemRows.toReversed(),
    values: values.toReversed(),
  };
  const options = { factors: 8, iterations: 3 };
  expect(factorize(reversed, options)).toEqual(factorize({ users, items, userRows, itemRows, values }, options));
});

test('users and items without interactions have factors of zero and do not change those of others', () => {
  const small = randomInteractions(30, 20, 200);
  const options = { factors: 8, iterations: 3 };
  const [few, many] = [factorize(small, options), factorize({ ...small, users: 33, items: 25 }, options)];
  expect([...many.users.known.subarray(30), ...many.items.known.subarray(20)]).toEqual(new Array(8).fill(0));
  expect(many.items.data.subarray(20 * 8).every((value) => value === 0)).toBe(true);
  expect(many.users.data.subarray(0, 30 * 8)).toEqual(few.users.data);
});

test('progress never falls, and ends at 1 with the last iteration', () => {
  const seen: AlsProgress[] = [];
  factorize(randomInteractions(3000, 40, 3000), { factors: 4, iterations: 3 }, (progress) => seen.push(progress));
  const fractions = seen.map(({ fraction }) => fraction);
  expect(fractions).toEqual(fractions.toSorted((left, right) => left - right));
  expect(fractions.length).toBeGreaterThan(15);
  expect(seen.at(-1)).toEqual({ fraction: 1, iteration: 3, objective: expect.any(Number) });
});

test('refuses values so large that the objective is not finite', () => {
  const rows = { userRows: Int32Array.of(0, 1), itemRows: Int32Array.of(1, 0) };
  const interactions = { users: 2, items: 2, ...rows, values: Float32Array.of(3e38, 3e38) };
  expect(() => factorize(interactions, { alpha: 1e300 })).toThrow(
    expect.objectContaining({ code: 'INVALID_DATA', message: expect.stringContaining('finite objective') }),
  );
});
