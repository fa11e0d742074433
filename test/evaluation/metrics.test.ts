import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  meanAbsoluteError,
  normalizedDiscountedGain,
  recall,
  rootMeanSquaredError,
} from '../../src/evaluation/metrics.ts';

test('meanAbsoluteError is the mean distance', () => {
  expect(meanAbsoluteError([1, 2, 5], [2, 2, 3])).toBeCloseTo(1, 10);
});

test('rootMeanSquaredError weights large distances more', () => {
  expect(rootMeanSquaredError([1, 2, 5], [2, 2, 3])).toBeCloseTo(Math.sqrt(5 / 3), 10);
});

describe('normalizedDiscountedGain', () => {
  test('equals an example computed by hand', () => {
    // Ranked by score: labels 2, 3, 1, gains 3, 7, 1. At 2: (3 + 7/log2 3) / (7 + 3/log2 3).
    const expected = (3 + 7 / Math.log2(3)) / (7 + 3 / Math.log2(3));
    expect(normalizedDiscountedGain([0.5, 0.9, 0.1], [3, 2, 1], 2)).toBeCloseTo(expected, 10);
  });

  test('is 1 for the best order, regardless of the scores', () => {
    expect(normalizedDiscountedGain([0.3, 0.2, 0.1], [5, 4, 1], 3)).toBe(1);
  });

  test('counts only the first N ranks', () => {
    expect(normalizedDiscountedGain([3, 2, 1], [0, 0, 1], 2)).toBe(0);
  });

  test('is the mean over the orders of items with equal scores', () => {
    // Either item comes first. The gains are 7 and 1, with mean 4. The best gain is 7.
    expect(normalizedDiscountedGain([1, 1], [3, 1], 1)).toBeCloseTo(4 / 7, 10);
    // Either of two items has the second rank: (7 + (3 + 1)/2 / log2 3) / (7 + 3/log2 3).
    const expected = (7 + 2 / Math.log2(3)) / (7 + 3 / Math.log2(3));
    expect(normalizedDiscountedGain([9, 1, 1], [3, 2, 1], 2)).toBeCloseTo(expected, 10);
  });

  test('does not depend on the order of the input', () => {
    const item = fc.record({ score: fc.integer({ min: 0, max: 3 }), label: fc.integer({ min: 0, max: 5 }) });
    fc.assert(
      fc.property(fc.array(item, { minLength: 1 }), fc.integer({ min: 1, max: 10 }), (items, n) => {
        const value = (order: typeof items) =>
          normalizedDiscountedGain(
            order.map(({ score }) => score),
            order.map(({ label }) => label),
            n,
          );
        expect(value(items.toReversed())).toBeCloseTo(value(items), 10);
      }),
    );
  });

  test('is 1 if no item has a gain', () => {
    expect(normalizedDiscountedGain([1, 2], [0, 0], 2)).toBe(1);
  });
});

describe('recall@N', () => {
  const scores = Float32Array.of(0.9, 0.1, 0.8, 0.3, 0.7);

  test('is the share of the relevant indices among the first N', () => {
    // By score: 0, 2, 4, 3, 1.
    const relevant = Int32Array.of(1, 2, 4);
    expect([1, 2, 3, 4, 5, 50].map((n) => recall(scores, relevant, n))).toEqual(
      [0, 1 / 3, 2 / 3, 2 / 3, 1, 1].map((share) => expect.closeTo(share, 10)),
    );
  });

  test('is the mean over all orders of equal scores', () => {
    const tied = Float32Array.of(2, 1, 1, 1, 0);
    // Two of the ranks 2 to 4 are among the first three, so each tied item counts with 2/3.
    expect(recall(tied, Int32Array.of(0, 3), 3)).toBeCloseTo((1 + 2 / 3) / 2, 10);
    expect(recall(new Float32Array(100), Int32Array.of(17), 10)).toBeCloseTo(0.1, 10);
  });
});
