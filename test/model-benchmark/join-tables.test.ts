import { describe, expect, test } from '@jest/globals';
import { joinTables } from '../../src/model-benchmark/join-tables.ts';
import { type Row, smallTables } from './small-tables.ts';

const first = smallTables({ users: 2, items: 3, interactions: [[1, 2, 4]], scenarios: [[0, 2], [1]] });
const rows: readonly Row[] = [
  [0, 1, 0, 'CLICK'],
  [2, 0, 5],
];
const second = smallTables({ users: 3, items: 2, interactions: rows, scenarios: [[0, 1]] });

describe('joinTables', () => {
  const joined = joinTables([first, second]);

  test('keeps the IDs of two domains apart', () => {
    expect(joined.users.map(({ id }) => id)).toEqual(['1/u0', '1/u1', '2/u0', '2/u1', '2/u2']);
    expect(joined.items.map(({ id }) => id)).toEqual(['1/i0', '1/i1', '1/i2', '2/i0', '2/i1']);
    expect(joined.scenarios.map(({ id }) => id)).toEqual(['1/s0', '1/s1', '2/s0']);
  });

  test('keeps the features of two domains apart', () => {
    expect(joined.fields.map(({ entity, name }) => `${entity} ${name}`)).toEqual([
      ...['user 1/region', 'user 1/names', 'item 1/genre'],
      ...['user 2/region', 'user 2/names', 'item 2/genre'],
    ]);
    expect(joined.users[3]?.features).toEqual({ '2/region': 'north', '2/names': ['n1'] });
    expect(joined.items[0]?.features).toEqual({ '1/genre': 'even' });
  });

  test('puts the rows of the second domain after those of the first', () => {
    expect(joined.scenarios.map(({ items }) => [...items])).toEqual([[0, 2], [1], [3, 4]]);
    const { users, items, types, values } = joined.interactions;
    expect([...users]).toEqual([1, 2, 4]);
    expect([...items]).toEqual([2, 4, 3]);
    expect([...types]).toEqual([...first.interactions.types, ...second.interactions.types]);
    expect([...values]).toEqual([4, 0, 5]);
  });

  test('leaves a single dataset as it is', () => {
    expect(joinTables([first])).toBe(first);
  });
});
