import { describe, expect, test } from '@jest/globals';
import { emptyWhere, forFirst, historyRanges, sizeInRange } from '../../src/evaluation/measure-by-history.ts';

const tasks = Array.from({ length: 6000 }, (_, task) => task);

describe('sizeInRange', () => {
  test('shows each number of the range to as many tasks', () => {
    const shown = sizeInRange({ from: 6, to: 20 }, 1);
    const counts = new Map<number | undefined, number>();
    for (const task of tasks) {
      const count = shown(90, task);
      counts.set(count, (counts.get(count) ?? 0) + 1);
    }
    expect([...counts.keys()].sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 15 }, (_, index) => index + 6),
    );
    // Binomials of 6000 at 1/15 have a deviation of 19.
    for (const count of counts.values()) expect(Math.abs(count - 400)).toBeLessThan(5 * 19.3);
  });

  test('shows no more than there is, and leaves out tasks with too few', () => {
    const shown = sizeInRange({ from: 6, to: 20 }, 1);
    for (const task of tasks) {
      expect(shown(5, task)).toBeUndefined();
      expect(shown(6, task)).toBe(6);
      expect(shown(9, task)).toBeLessThanOrEqual(9);
    }
  });

  test('without an end goes up to all that there is', () => {
    const shown = sizeInRange({ from: 21, to: null }, 1);
    const counts = tasks.map((task) => shown(40, task) as number);
    expect(Math.min(...counts)).toBe(21);
    expect(Math.max(...counts)).toBe(40);
    expect(shown(20, 0)).toBeUndefined();
  });

  test('the ranges have every length of history once', () => {
    for (const length of [0, 1, 2, 5, 6, 19, 20, 21, 500]) {
      const ranges = historyRanges.filter(({ from, to }) => from <= length && length <= (to ?? Infinity));
      expect(ranges).toHaveLength(1);
    }
  });
});

test('nothingOf shows nothing of the same tasks, and ofFirst leaves out those after', () => {
  const shown = forFirst(2, sizeInRange({ from: 1, to: 5 }, 1));
  const unshown = emptyWhere(shown);
  expect([0, 1, 2].map((task) => unshown(9, task))).toEqual([0, 0, undefined]);
  expect(unshown(0, 0)).toBeUndefined();
});
