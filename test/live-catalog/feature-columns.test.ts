import { expect, test } from '@jest/globals';
import { ListColumn } from '../../src/live-catalog/feature-columns.ts';

test('A column of lists takes no new places for a row whose lists alternate between short and long', () => {
  const column = new ListColumn();
  column.set(0, ['a']);
  column.set(1, ['b', 'c']);
  for (let time = 0; time < 100; time++)
    for (const list of [['a', 'b'], ['c'], undefined, [], ['d', 'e']]) {
      column.set(0, list);
      expect(column.valueOf(0)).toEqual(list);
    }
  expect(column.valueOf(1)).toEqual(['b', 'c']);
  // One for the first list of row 0, which it has left, and two for each row.
  expect(column.used).toBe(5);
});
