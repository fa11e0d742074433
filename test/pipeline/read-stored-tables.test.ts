import { beforeAll, describe, expect, test } from '@jest/globals';
import type { InteractionRecord } from '../../src/datasets/dataset.ts';
import { typeIndex } from '../../src/features/interaction-types.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import {
  type ReadTablesOptions,
  readStoredTables,
  type StoredInteractions,
} from '../../src/pipeline/read-stored-tables.ts';
import { rating, smallCatalog, smallDataset, smallFields } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const [rate, view, purchase] = [typeIndex('RATE'), typeIndex('VIEW'), typeIndex('PURCHASE')];
const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
const event = (
  userId: string,
  itemId: string,
  type: InteractionRecord['type'],
  time: Date | null = null,
): InteractionRecord => ({ userId, itemId, type, value: null, time });

/** The rows of a table as [user, item, type, value]. */
function rowsOf({ users, items, types, values }: StoredInteractions): number[][] {
  return [...users.keys()].map((row) => [users[row], items[row], types[row], values[row]] as number[]);
}

describe('readStoredTables', () => {
  const db = testDatabase();
  const read = (more: Partial<ReadTablesOptions> = {}) =>
    readStoredTables(db.database, { feedback: 'typed', minimumItems: 1, positiveFrom: 4, ...more });

  beforeAll(async () => {
    const interactions = [
      event('u2', 'i1', 'VIEW', at(5)),
      event('u2', 'i3', 'PURCHASE', at(1)),
      { ...rating('u2', 'i1', 2), time: at(3) },
      { ...event('u2', 'i1', 'VIEW', at(2)), value: 40 },
      { ...rating('u2', 'i1', 5), time: at(9) },
      event('u4', 'i4', 'VIEW'),
      event('u4', 'i4', 'PURCHASE'),
    ];
    const scenarios = [
      { id: 's1', title: 'Some', items: ['i4', 'i2'] },
      { id: 's2', title: 'Empty', items: [] },
    ];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(4, 4), scenarios, interactions }), {
      ratingScale: { minimum: 1, maximum: 5 },
    });
  });

  test('reads all items and scenarios, and the users with interactions, with their features', async () => {
    const { fields, users, items, scenarios } = await read();
    expect(fields).toEqual(smallFields);
    expect(users).toMatchObject([
      { id: 'u2', features: { region: 'south' } },
      { id: 'u4', features: { region: 'south' } },
    ]);
    expect(items.map(({ id }) => id)).toEqual(['i1', 'i2', 'i3', 'i4']);
    expect(items[2]?.features).toEqual({ genres: ['odd'], length: 3 });
    expect(scenarios).toEqual([{ id: 's1', items: Int32Array.of(1, 3) }]);
  });

  test('reads each item once for each type, as of its latest interaction; only ratings have a value', async () => {
    const { interactions } = await read();
    expect(rowsOf(interactions)).toEqual([
      [0, 2, purchase, 0],
      [0, 0, view, 0],
      [0, 0, rate, 5],
      [1, 3, view, 0],
      [1, 3, purchase, 0],
    ]);
    expect([...interactions.amounts]).toEqual(Array(5).fill(Number.NaN));
    expect([...interactions.times.subarray(0, 3)]).toEqual([1, 5, 9].map((minute) => at(minute).getTime()));
  });

  test('reads histories in the order of time, whenever the interactions were recorded', async () => {
    // The view at minute 5 was recorded before the one at minute 2, and the first rating was at minute 3.
    await db.pool.query("UPDATE interactions SET occurred_at = '2025-01-01' WHERE type = 'RATE' AND value = 5");
    expect(rowsOf((await read()).interactions).slice(0, 3)).toEqual([
      [0, 2, purchase, 0],
      [0, 0, rate, 2],
      [0, 0, view, 0],
    ]);
  });

  test('reads only ratings, or only the latest interaction with each item', async () => {
    const ratings = await read({ feedback: 'ratings' });
    expect([ratings.users.length, rowsOf(ratings.interactions)]).toEqual([1, [[0, 0, rate, 2]]]);
    expect(rowsOf((await read({ feedback: 'any' })).interactions)).toEqual([
      [0, 2, purchase, 0],
      [0, 0, view, 0],
      [1, 3, purchase, 0],
    ]);
  });

  test('leaves out users with fewer items than asked for, however often they interacted', async () => {
    const { users, interactions } = await read({ minimumItems: 2 });
    expect(users.map(({ id }) => id)).toEqual(['u2']);
    expect(rowsOf(interactions).every(([user]) => user === 0)).toBe(true);
    expect((await read({ minimumItems: 3 })).interactions.users).toHaveLength(0);
  });
});
