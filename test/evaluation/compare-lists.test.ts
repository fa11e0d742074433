import { describe, expect, test } from '@jest/globals';
import { compareLists, isWorse, type ListComparison, servesFromOfLists } from '../../src/evaluation/compare-lists.ts';
import { listsByShown, listsOfRecall } from '../support/lists-by-shown.ts';

const popularity = listsOfRecall(20, [0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3]);

describe('servesFromOfLists', () => {
  test.each([
    ['above with every number', [0.3001, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4], 0],
    ['equal without interactions, as a model without features is', [0.3, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4], 1],
    ['below without interactions', [0.2999, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4], 1],
    ['equal with every number', [0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3], 1],
    // A dip with a larger number alone: the mean is 2.85 / 7 = 0.407.
    ['below with 20 alone', [0.4, 0.4, 0.45, 0.45, 0.45, 0.2, 0.5], 0],
    // The means are 2.01 / 7, 1.7 / 6, 1.4 / 5, 1.1 / 4 and 0.8 / 3, all below 0.3; from 20 on it is 0.8 / 2 = 0.4.
    ['below on average until 20', [0.31, 0.3, 0.3, 0.3, 0, 0.3, 0.5], 20],
    // With 3 it is below. From 5 on, the mean is 1.21 / 4 = 0.3025, though 10 and 20 are below.
    ['above on average from 5 on', [0.2, 0.2, 0.2, 0.4, 0.2, 0.2, 0.41], 5],
    ['above but for whole histories, and below on average', [0.31, 0.31, 0.31, 0.31, 0.31, 0.31, 0.1], 21],
    ['below with every number', [0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2], 21],
  ])('%s, beside 0.3: recalls of %p serve from %d', (_, values, expected) => {
    expect(servesFromOfLists(listsOfRecall(20, values), popularity)).toBe(expected);
  });

  test('19 users say nothing', () => {
    const better = [0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9];
    expect(servesFromOfLists(listsOfRecall(19, better), popularity)).toBeUndefined();
    expect(servesFromOfLists(new Map(), new Map())).toBeUndefined();
  });
});

describe('compareLists', () => {
  const measures = (from20: { recall20: number; ndcg20: number }, all: { recall20: number; ndcg20: number }) =>
    listsByShown(30, [...new Array(5).fill({ recall20: 9, ndcg20: 9 }), from20, all]);

  test('takes means over the numbers shown, from the given one on', () => {
    const model = measures({ recall20: 0.5, ndcg20: 0.1 }, { recall20: 0.7, ndcg20: 0.2 });
    const rival = measures({ recall20: 0.2, ndcg20: 0.4 }, { recall20: 0.4, ndcg20: 0.1 });
    const [recall, ndcg] = compareLists(model, { name: 'popularity', lists: rival }, 20);
    expect(recall).toMatchObject({ rival: 'popularity', metric: 'recall20', users: 30 });
    expect(recall?.value).toBeCloseTo(0.6);
    expect(recall?.rivalValue).toBeCloseTo(0.3);
    expect(recall?.byShown).toEqual([
      { shown: 20, value: 0.5, rivalValue: 0.2 },
      { shown: 'all', value: 0.7, rivalValue: 0.4 },
    ]);
    expect(ndcg).toMatchObject({ metric: 'ndcg20', value: expect.closeTo(0.15), rivalValue: 0.25 });
  });

  test('beyond 20, only whole histories count', () => {
    const [recall] = compareLists(popularity, { name: 'item-kNN', lists: popularity }, 21);
    expect(recall?.byShown).toEqual([{ shown: 'all', value: 0.3, rivalValue: 0.3 }]);
  });
});

describe('isWorse', () => {
  const comparison = (users: number, value: number, rivalValue: number): ListComparison => ({
    ...{ rival: 'popularity', metric: 'recall20', byShown: [], users, value, rivalValue },
  });

  test.each([
    ['a mean that is lower by a little', comparison(20, 0.2999, 0.3), true],
    ['an equal mean', comparison(20, 0.3, 0.3), false],
    ['a higher mean', comparison(20, 0.3001, 0.3), false],
    ['a mean of 19 users', comparison(19, 0.1, 0.3), false],
  ])('%s: %#', (_, compared, expected) => {
    expect(isWorse(compared)).toBe(expected);
  });
});
