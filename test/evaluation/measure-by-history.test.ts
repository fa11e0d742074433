import { describe, expect, test } from '@jest/globals';
import { emptyWhere, forFirst, historyRanges, sizeInRange } from '../../src/evaluation/measure-by-history.ts';

const tasks = Array.from({ length: 6000 }, (_, task) => task);

describe('sizeInRange', () => {
  test('gives each size in the range to an equal number of tasks', () => {
    const size = sizeInRange({ from: 6, to: 20 }, 1);
    const counts = new Map<number | undefined, number>();
    for (const task of tasks) {
      const count = size(90, task);
      counts.set(count, (counts.get(count) ?? 0) + 1);
    }
    expect([...counts.keys()].sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 15 }, (_, index) => index + 6),
    );
    // Binomials of 6000 at 1/15 have a deviation of 19.
    for (const count of counts.values()) expect(Math.abs(count - 400)).toBeLessThan(5 * 19.3);
  });

  test('gives at most the available pairs, and leaves out tasks with too few', () => {
    const size = sizeInRange({ from: 6, to: 20 }, 1);
    for (const task of tasks) {
      expect(size(5, task)).toBeUndefined();
      expect(size(6, task)).toBe(6);
      expect(size(9, task)).toBeLessThanOrEqual(9);
    }
  });

  test('goes up to all available pairs if the range has no end', () => {
    const size = sizeInRange({ from: 21, to: null }, 1);
    const counts = tasks.map((task) => size(40, task) as number);
    expect(Math.min(...counts)).toBe(21);
    expect(Math.max(...counts)).toBe(40);
    expect(size(20, 0)).toBeUndefined();
  });

  test('every length of history is in exactly one range', () => {
    for (const length of [0, 1, 2, 5, 6, 19, 20, 21, 500]) {
      const ranges = historyRanges.filter(({ from, to }) => from <= length && length <= (to ?? Infinity));
      expect(ranges).toHaveLength(1);
    }
  });
});

test('emptyWhere gives 0 for the same tasks, and forFirst leaves out later tasks', () => {
  const size = forFirst(2, sizeInRange({ from: 1, to: 5 }, 1));
  const empty = emptyWhere(size);
  expect([0, 1, 2].map((task) => empty(9, task))).toEqual([0, 0, undefined]);
  expect(empty(0, 0)).toBeUndefined();
});
