import { describe, expect, test } from '@jest/globals';
import { typeIndex } from '../../src/features/interaction-types.ts';
import { countPositives, defaultPositiveFrom, positivePairs } from '../../src/tasks/positives.ts';

const [rate, view] = [typeIndex('RATE'), typeIndex('VIEW')];
const ratings = (...labels: number[]) => ({ labels: Float32Array.from(labels) });

describe('defaultPositiveFrom', () => {
  test('is three quarters of the way from the lowest to the highest rating of all tasks', () => {
    expect(defaultPositiveFrom([ratings(3, 5), ratings(1)])).toBe(4);
    expect(defaultPositiveFrom([ratings(0, 10)])).toBe(7.5);
  });

  test('ignores interactions other than ratings, whose labels are no ratings', () => {
    const mixed = { labels: Float32Array.of(0, 2, 4), types: Uint8Array.of(view, rate, rate) };
    expect(defaultPositiveFrom([mixed])).toBe(3.5);
  });

  test('is 0 without ratings', () => {
    expect(defaultPositiveFrom([])).toBe(0);
    expect(defaultPositiveFrom([{ labels: Float32Array.of(0), types: Uint8Array.of(view) }])).toBe(0);
  });
});

describe('positivePairs', () => {
  test('are ratings from the bound on, and all interactions of other types', () => {
    const items = Int32Array.of(7, 8, 9, 6);
    expect(positivePairs({ items, ...ratings(3, 4, 5, 1) }, 4)).toEqual([1, 2]);
    const mixed = { labels: Float32Array.of(0, 2, 4, 0), types: Uint8Array.of(view, rate, rate, view) };
    expect(positivePairs({ items, ...mixed }, 4)).toEqual([0, 2, 3]);
  });

  test('have one pair of each item, the latest one, and none if that is a low rating', () => {
    const task = {
      items: Int32Array.of(1, 2, 1, 3, 2, 3),
      labels: Float32Array.of(0, 0, 5, 2, 1, 0),
      types: Uint8Array.of(view, view, rate, rate, rate, view),
    };
    expect(positivePairs(task, 4)).toEqual([2, 5]);
  });
});

describe('countPositives', () => {
  test('counts each user who likes an item once', () => {
    const tasks = [
      {
        users: Int32Array.of(0),
        items: Int32Array.of(1, 1, 2),
        labels: Float32Array.of(0, 5, 2),
        types: Uint8Array.of(view, rate, rate),
      },
      { users: Int32Array.of(1), items: Int32Array.of(1, 0), labels: Float32Array.of(4, 3) },
    ];
    expect([...countPositives(tasks, 4, 4)]).toEqual([0, 2, 0, 0]);
  });
});
