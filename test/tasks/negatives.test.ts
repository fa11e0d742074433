import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SeenItems } from '../../src/tasks/negatives.ts';
import { dataWithTasks } from './tasks-of.ts';

const row = fc.integer({ min: 0, max: 8 });

test('a user has seen exactly the items of the known interactions', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(row, row)), (pairs) => {
      const interactions = {
        users: Int32Array.from(pairs, ([user]) => user),
        items: Int32Array.from(pairs, ([, item]) => item),
      };
      const seen = new SeenItems({ ...dataWithTasks(new Array(9).fill(9)), interactions });
      const truth = new Set(pairs.map(String));
      for (let user = 0; user < 9; user++) {
        for (let item = 0; item < 9; item++) expect(seen.has(user, item)).toBe(truth.has(`${user},${item}`));
      }
    }),
  );
});

test('an unknown pair counts as seen, so it is never a negative', () => {
  const interactions = {
    users: Int32Array.of(0, 1),
    items: Int32Array.of(3, 0),
    unknown: { users: Uint8Array.of(0, 1, 1), items: Uint8Array.of(0, 0, 1, 1) },
  };
  const seen = new SeenItems({ ...dataWithTasks([4, 4, 4]), interactions });
  const found = [0, 1, 2].map((user) => [0, 1, 2, 3].filter((item) => seen.has(user, item)));
  expect(found).toEqual([[3], [0, 2, 3], [2, 3]]);
});

test('ignored pairs count as seen too', () => {
  const interactions = { users: Int32Array.of(2, 0), items: Int32Array.of(1, 3) };
  const ignored = { users: Int32Array.of(0, 1, 0), items: Int32Array.of(2, 0, 0) };
  const seen = new SeenItems({ ...dataWithTasks([4, 4, 4]), interactions, ignored });
  const found = [0, 1, 2].map((user) => [0, 1, 2, 3].filter((item) => seen.has(user, item)));
  expect(found).toEqual([[0, 2, 3], [0], [1]]);
});

test('uses the interactions of the tasks if no others are given', () => {
  const seen = new SeenItems(dataWithTasks([2, 0, 3]));
  const found = [0, 1, 2].map((user) => [0, 1, 2, 3].filter((item) => seen.has(user, item)));
  expect(found).toEqual([[0, 1], [], [0, 1, 2]]);
});
