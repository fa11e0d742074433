import { describe, expect, test } from '@jest/globals';
import { typeIndex } from '../../src/features/interaction-types.ts';
import { evidenceOf, lastingPairs, latestOpinions } from '../../src/features/opinions.ts';

describe('latestOpinions', () => {
  test('has the last opinion of each item, in the order of these opinions', () => {
    const latest = latestOpinions([5, 6, 7, 5], [1, 1, 0, -2]);
    expect([...latest]).toEqual([
      [6, { weight: 1, pair: 1 }],
      [7, { weight: 0, pair: 2 }],
      [5, { weight: -2, pair: 3 }],
    ]);
  });

  test('keeps the largest weight since the user last did not like the item', () => {
    expect(latestOpinions([5, 5], [3, 1]).get(5)).toEqual({ weight: 3, pair: 1 });
    expect(latestOpinions([5, 5, 5], [3, -1, 1]).get(5)).toEqual({ weight: 1, pair: 2 });
    expect(latestOpinions([5, 5, 5], [3, 0, 1]).get(5)).toEqual({ weight: 1, pair: 2 });
  });
});

describe('lastingPairs', () => {
  test('are those that a later dislike of the same item does not overrule', () => {
    const items = [1, 2, 1, 1, 2, 1, 3];
    expect(lastingPairs(items, [1, 1, 2, -1, 0, 1, -3])).toEqual([1, 3, 4, 5, 6]);
  });
});

describe('evidenceOf', () => {
  test('is 1 for ratings, high or low, and the opinion for other types', () => {
    expect([evidenceOf(typeIndex('RATE'), 0), evidenceOf(typeIndex('RATE'), 1)]).toEqual([1, 1]);
    expect([evidenceOf(typeIndex('DISLIKE'), -1), evidenceOf(typeIndex('PURCHASE'), 2)]).toEqual([-1, 2]);
  });
});
