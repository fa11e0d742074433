import { describe, expect, test } from '@jest/globals';
import { compareLists, servesFromOfLists } from '../../src/evaluation/compare-lists.ts';
import { shownCounts } from '../../src/evaluation/evaluate-lists.ts';
import { historyOfLists, type MeasuredLists } from '../../src/evaluation/measure-lists.ts';

/** The same metrics for every user, by the number shown: 0, 1, 3, 5, 10, 20 and all. */
const sameFor = (users: number, values: readonly number[]): MeasuredLists =>
  byShown(values.map((value) => new Array<number>(users).fill(value)));

function byShown(users: readonly (readonly number[])[]): MeasuredLists {
  return new Map(
    shownCounts.map((shown, index) => {
      const own = users[index] as readonly number[];
      return [shown, { recall10: own, recall20: own, ndcg20: own.map((value) => value / 2) }];
    }),
  );
}

const popularity = sameFor(20, [0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3]);

describe('servesFromOfLists', () => {
  test.each([
    [[0.3, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4], 0],
    [[0.2, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4], 1],
    [[0.9, 0.9, 0.2, 0.3, 0.4, 0.4, 0.4], 5],
    [[0.9, 0.9, 0.9, 0.9, 0.2, 0.3, 0.4], 20],
    [[0.9, 0.9, 0.9, 0.9, 0.9, 0.2, 0.4], 21],
    [[0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.2], 21],
  ])('recalls of %p beside 0.3 everywhere: serves from %d', (values, expected) => {
    expect(servesFromOfLists(sameFor(20, values), popularity)).toBe(expected);
  });

  test('what chance explains does not count as worse', () => {
    const nothing = new Array<number>(20).fill(0);
    // The mean difference is −0.1. Half of the users have 0.1, half −0.3: the deviation is 0.2 · √(20 / 19), and the
    // standard error 0.2 / √19 = 0.046, of which 1.96 are 0.090. With 0.2 and −0.4, it is
    // 0.3 / √19 = 0.069, of which 1.96 are 0.135.
    const halves = (one: number, other: number) => nothing.map((_, user) => (user < 10 ? one : other));
    const servesFrom = (differences: readonly number[]) =>
      servesFromOfLists(
        byShown([nothing, nothing, nothing, differences, nothing, nothing, nothing]),
        byShown([nothing, nothing, nothing, nothing, nothing, nothing, nothing]),
      );
    expect(servesFrom(halves(0.1, -0.3))).toBe(10);
    expect(servesFrom(halves(0.2, -0.4))).toBe(0);
  });

  test('19 users say nothing', () => {
    const values = [0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9];
    expect(servesFromOfLists(sameFor(19, values), sameFor(19, values))).toBeUndefined();
  });
});

describe('compareLists', () => {
  test('takes means over users and over the numbers from the given one on, and pairs the users', () => {
    const model = byShown([
      [9, 9],
      [9, 9],
      [9, 9],
      [9, 9],
      [9, 9],
      [0.4, 0.6],
      [0.2, 0.8],
    ]);
    const rival = byShown([
      [1, 1],
      [1, 1],
      [1, 1],
      [1, 1],
      [1, 1],
      [0.2, 0.4],
      [0.2, 0.4],
    ]);
    const [recall, ndcg] = compareLists(model, { name: 'popularity', lists: rival }, 20);
    expect(recall).toMatchObject({ rival: 'popularity', metric: 'recall20', users: 2 });
    expect(recall?.value).toBeCloseTo((0.5 + 0.5) / 2);
    expect(recall?.rivalValue).toBeCloseTo(0.3);
    expect(recall?.byShown).toEqual([
      { shown: 20, value: 0.5, rivalValue: expect.closeTo(0.3) },
      { shown: 'all', value: 0.5, rivalValue: expect.closeTo(0.3) },
    ]);
    // The differences of the users are (0.2 + 0) / 2 = 0.1 and (0.2 + 0.4) / 2 = 0.3: deviation √0.02, divided by √2.
    expect(recall?.standardError).toBeCloseTo(0.1);
    expect(ndcg).toMatchObject({ metric: 'ndcg20', value: expect.closeTo(0.25), standardError: expect.closeTo(0.05) });
  });

  test('beyond 20, only whole histories count', () => {
    const [recall] = compareLists(popularity, { name: 'item-kNN', lists: popularity }, 21);
    expect(recall?.byShown).toEqual([{ shown: 'all', value: expect.closeTo(0.3), rivalValue: expect.closeTo(0.3) }]);
  });
});

describe('historyOfLists', () => {
  test('takes the mean over the numbers shown, in total and by range', () => {
    const { metrics, metricsUnadapted, byHistory } = historyOfLists(sameFor(3, [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.6]));
    expect(metrics).toEqual({
      recall10: expect.closeTo(0.4),
      recall20: expect.closeTo(0.4),
      ndcg20: expect.closeTo(0.2),
      tasks: 3,
    });
    expect(metricsUnadapted.recall20).toBeCloseTo(0.1);
    expect(byHistory.map(({ from, to, metrics: { recall20 } }) => [from, to, recall20])).toEqual([
      [0, 0, expect.closeTo(0.1)],
      [1, 5, expect.closeTo(0.3)],
      [6, 20, expect.closeTo(0.6)],
      [21, null, expect.closeTo(0.6)],
    ]);
  });

  test('is empty without users', () => {
    expect(historyOfLists(sameFor(0, [0, 0, 0, 0, 0, 0, 0])).metrics).toEqual({});
  });
});
