import { expect, test } from '@jest/globals';
import { learningRateSchedules } from '../../src/training/training-options.ts';

const progresses = Array.from({ length: 101 }, (_, index) => index / 100);

test('the constant schedule never changes the learning rate', () => {
  expect(new Set(progresses.map(learningRateSchedules.constant))).toEqual(new Set([1]));
});

test('the cosine schedule rises to the full learning rate, and then only falls, to zero', () => {
  const factors = progresses.map(learningRateSchedules.cosine);
  const peak = factors.indexOf(Math.max(...factors));
  expect(factors[peak]).toBeCloseTo(1, 5);
  expect(factors[0]).toBeGreaterThan(0);
  expect(factors.at(-1)).toBeCloseTo(0, 10);
  const falling = factors.slice(peak);
  expect(falling).toEqual(falling.toSorted((a, b) => b - a));
  expect(peak).toBeLessThan(10);
});
