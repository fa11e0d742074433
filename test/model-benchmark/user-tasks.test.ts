import { describe, expect, test } from '@jest/globals';
import { typeIndex } from '../../src/features/interaction-types.ts';
import { userTasks } from '../../src/model-benchmark/user-tasks.ts';
import { tableOf } from './small-tables.ts';

const [rate, view, purchase] = [typeIndex('RATE'), typeIndex('VIEW'), typeIndex('PURCHASE')];

/** The interactions of two users take turns. */
const table = tableOf([
  [4, 0, 0, 'VIEW'],
  [2, 5, 3],
  [4, 1, 2],
  [2, 6, 0, 'PURCHASE'],
  [4, 0, 5],
  [4, 0, 0, 'VIEW'],
  [4, 1, 4],
]);

describe('userTasks', () => {
  test('has each item once for each type, at the place and with the value of its last interaction', () => {
    expect(userTasks(table, { feedback: 'typed' })).toEqual([
      {
        users: Int32Array.of(4),
        items: Int32Array.of(0, 0, 1),
        labels: Float32Array.of(5, 0, 4),
        types: Uint8Array.of(rate, view, rate),
      },
      {
        users: Int32Array.of(2),
        items: Int32Array.of(5, 6),
        labels: Float32Array.of(3, 0),
        types: Uint8Array.of(rate, purchase),
      },
    ]);
  });

  test('has only ratings if asked for them, and no user without any', () => {
    const more = tableOf([
      [1, 2, 0, 'CLICK'],
      [4, 0, 0, 'VIEW'],
      [4, 1, 2],
      [4, 3, 3],
      [4, 1, 4],
    ]);
    expect(userTasks(more, { feedback: 'ratings' })).toEqual([
      { users: Int32Array.of(4), items: Int32Array.of(3, 1), labels: Float32Array.of(3, 4) },
    ]);
  });

  test('cuts the interactions after the first ones', () => {
    const [first] = userTasks(table, { feedback: 'typed', limit: 2 });
    expect(first?.items).toEqual(Int32Array.of(0, 0));
  });
});
