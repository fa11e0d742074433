import { describe, expect, test } from '@jest/globals';
import { typeIndex } from '../../src/features/interaction-types.ts';
import { learnedHistories } from '../../src/model-benchmark/learned-histories.ts';
import type { Task } from '../../src/tasks/training-data.ts';

const [rate, view, purchase] = [typeIndex('RATE'), typeIndex('VIEW'), typeIndex('PURCHASE')];

/** User 3 views item 7, then rates it low; rates item 8 low, then buys it; and rates item 9 high. */
const changing: Task = {
  users: Int32Array.of(3),
  items: Int32Array.of(7, 8, 7, 9, 8),
  labels: Float32Array.of(0, 1, 2, 5, 0),
  types: Uint8Array.of(view, rate, rate, rate, purchase),
};
const viewing: Task = {
  users: Int32Array.of(4),
  items: Int32Array.of(7),
  labels: Float32Array.of(0),
  types: Uint8Array.of(view),
};

describe('learnedHistories', () => {
  test('are the whole histories for a model that learns from types', () => {
    expect(learnedHistories([changing, viewing], 'typed', 4)).toEqual({ tasks: [changing, viewing] });
  });

  test('are the ratings for a model that learns from ratings', () => {
    expect(learnedHistories([changing, viewing], 'ratings', 4).tasks).toEqual([
      { users: Int32Array.of(3), items: Int32Array.of(8, 7, 9), labels: Float32Array.of(1, 2, 5) },
      { users: Int32Array.of(4), items: new Int32Array(), labels: new Float32Array() },
    ]);
  });

  test('are the items with a positive latest interaction for a model of positives, which ignores the others', () => {
    expect(learnedHistories([changing, viewing], 'any', 4)).toEqual({
      tasks: [
        { users: Int32Array.of(3), items: Int32Array.of(9, 8), labels: Float32Array.of(1, 1) },
        { users: Int32Array.of(4), items: Int32Array.of(7), labels: Float32Array.of(1) },
      ],
      interactions: { users: Int32Array.of(3, 3, 4), items: Int32Array.of(9, 8, 7) },
      ignored: { users: Int32Array.of(3), items: Int32Array.of(7) },
    });
    expect(learnedHistories([changing], 'any', 2).ignored?.items).toHaveLength(0);
  });
});
