import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InteractionColumns, type TimedInteraction } from '../../src/model-benchmark/interaction-columns.ts';

/** Returns user and item of each rating, in the order of the columns. */
function sorted(ratings: readonly TimedInteraction[]): [user: number, item: number][] {
  const columns = new InteractionColumns();
  for (const rating of ratings) columns.add(rating);
  const { users, items, values, types, scenarios } = columns.inTime();
  expect(types).toEqual(Uint8Array.from(items, (item) => item % 8));
  expect(scenarios).toEqual(items.map((item) => item - 1));
  expect(values).toEqual(Float32Array.from(items, (item) => item / 2));
  return Array.from(users, (user, row) => [user, items[row]!]);
}

const rating = (user: number, item: number, time: number | null): TimedInteraction => ({
  user,
  item,
  value: item / 2,
  type: item % 8,
  scenario: item - 1,
  time: time === null ? null : new Date(time),
});

describe('InteractionColumns', () => {
  test('put the ratings of a user together, in the order of time, and those without a time last', () => {
    const ratings = [rating(7, 1, 30), rating(2, 2, 5), rating(7, 3, null), rating(7, 4, 20), rating(2, 5, 5)];
    expect(sorted([...ratings, rating(7, 6, null)])).toEqual([
      [7, 4],
      [7, 1],
      [7, 3],
      [7, 6],
      [2, 2],
      [2, 5],
    ]);
  });

  test('keep the order of ratings without times', () => {
    const ratings = [rating(7, 1, null), rating(2, 2, null), rating(7, 3, null)];
    expect(sorted(ratings)).toEqual([
      [7, 1],
      [2, 2],
      [7, 3],
    ]);
    expect(sorted([])).toEqual([]);
  });

  test('sort any number of ratings like a stable sort of all of them', () => {
    const random = fc.record({ user: fc.nat(4), time: fc.option(fc.nat(30)) });
    fc.assert(
      fc.property(fc.array(random, { maxLength: 3000, size: 'max' }), (drawn) => {
        const ratings = drawn.map(({ user, time }, item) => rating(user, item, time));
        const first = [...new Set(ratings.map(({ user }) => user))];
        const timeOf = ({ time }: TimedInteraction) => time?.getTime() ?? 1000;
        const expected = ratings.every(({ time }) => time === null)
          ? ratings
          : ratings.toSorted((a, b) => first.indexOf(a.user) - first.indexOf(b.user) || timeOf(a) - timeOf(b));
        expect(sorted(ratings)).toEqual(expected.map(({ user, item }) => [user, item]));
      }),
      { numRuns: 50 },
    );
  });
});
