import { describe, expect, test } from '@jest/globals';
import { distanceFromAverage } from '../../src/explanation/distance-from-average.ts';

/** Means 3 and 0, deviations √2.5 and 2√2.5. */
const sample = [
  [1, -4],
  [2, -2],
  [3, 0],
  [4, 2],
  [5, 4],
];

describe('distanceFromAverage', () => {
  test('is 0 at the mean', () => {
    expect(distanceFromAverage([3, 0], sample)).toBe(0);
  });

  test('is the root mean square of the distances in standard deviations', () => {
    const [first, second] = [2 / Math.sqrt(2.5), 3 / (2 * Math.sqrt(2.5))];
    expect(distanceFromAverage([5, -3], sample)).toBeCloseTo(Math.sqrt((first ** 2 + second ** 2) / 2), 12);
  });

  test('leaves out numbers that are equal in all tasks', () => {
    const constant = sample.map(([first]) => [first as number, 7]);
    expect(distanceFromAverage([5, 9], constant)).toBeCloseTo(2 / Math.sqrt(2.5), 12);
    expect(
      distanceFromAverage(
        [7],
        constant.map(() => [7]),
      ),
    ).toBeNull();
  });

  test('is null with fewer than five tasks', () => {
    expect(distanceFromAverage([5, -3], sample.slice(1))).toBeNull();
  });
});
