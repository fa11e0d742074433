import { describe, expect, test } from '@jest/globals';
import { estimate } from '../../src/model-benchmark/estimate.ts';

describe('estimate', () => {
  test('is the mean, with 1.96 · s / √n on either side', () => {
    // Squared deviations 9, 1, 1, 1, 4 sum to 16, so the variance is 16 / 4 = 4.
    const { mean, ci95 } = estimate([1, 3, 5, 5, 6]);
    expect(mean).toBe(4);
    expect(ci95).toBeCloseTo((1.96 * 2) / Math.sqrt(5), 12);
  });

  test('has no width where all values are the same', () => {
    expect(estimate([0.5, 0.5, 0.5])).toEqual({ mean: 0.5, ci95: 0 });
  });

  test('knows no interval of a single value', () => {
    expect(estimate([0.7])).toEqual({ mean: 0.7, ci95: null });
  });
});
