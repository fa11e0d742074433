import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { loadScenarioData } from '../../src/pipeline/load-scenario-data.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const viewed = (userId: string, itemId: string) => ({ userId, itemId, type: 'VIEW', value: null, time: null }) as const;

describe('loadScenarioData', () => {
  const db = testDatabase();
  const load = (more: Partial<Parameters<typeof loadScenarioData>[1]> = {}) =>
    loadScenarioData(db.database, { positiveFrom: 4, minimumPairs: 3, seed: 1, ...more });

  beforeAll(async () => {
    const scenarios = [
      { id: 's1', title: 'Enough', items: ['i3', 'i1'] },
      { id: 's2', title: 'Too few', items: ['i2', 'i4'] },
      { id: 's3', title: 'Empty', items: [] },
      { id: 's4', title: 'All', items: ['i1', 'i2', 'i3', 'i4', 'i5'] },
    ];
    const interactions = [
      viewed('u4', 'i3'),
      rating('u2', 'i3', 4),
      viewed('u2', 'i1'),
      viewed('u2', 'i1'),
      rating('u2', 'i1', 5),
      viewed('u4', 'i6'),
      // A later interaction replaces an earlier one, in either direction.
      rating('u2', 'i2', 2),
      viewed('u4', 'i5'),
      rating('u4', 'i5', 3.5),
      rating('u4', 'i1', 1),
      viewed('u4', 'i1'),
    ];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(5, 6), scenarios, interactions }), {
      ratingScale: { minimum: 1, maximum: 5 },
    });
  });

  afterEach(async () => {
    await db.pool.query("DELETE FROM users WHERE external_id LIKE 'm%'");
  });

  test('reads each pair of a user and an item once, if the latest interaction is positive, of any type', async () => {
    const { users, interactions, ignored } = await load();
    expect(users.rows).toBe(2);
    expect(interactions).toEqual({ users: Int32Array.of(0, 0, 1, 1, 1), items: Int32Array.of(0, 2, 0, 2, 5) });
    expect(ignored).toEqual({ users: Int32Array.of(0, 1), items: Int32Array.of(1, 4) });
  });

  test('reads the items of each scenario, and leaves out scenarios with too few pairs', async () => {
    expect((await load()).scenarios).toEqual([Int32Array.of(0, 2), Int32Array.of(0, 1, 2, 3, 4)]);
    expect((await load({ minimumPairs: 1 })).scenarios).toHaveLength(2);
    await expect(load({ minimumPairs: 5 })).rejects.toThrow(
      'expected scenarios whose items have at least 5 positive interactions, found none',
    );
  });

  test('uses the IDs of the users and items in the data', async () => {
    const { schema } = await load({ ids: ['user', 'item'] });
    const ids = schema.fields.filter(({ name }) => name === 'id');
    expect(ids.map(({ vocabulary }) => vocabulary)).toEqual([['u2', 'u4'], ['i3', 'i1', 'i6'].toSorted()]);
  });

  test('reads the interactions of a sample if there are more users than the limit', async () => {
    const { users, interactions } = await load({ maxUsers: 1, minimumPairs: 1 });
    expect(users.rows).toBe(1);
    expect(interactions.users.length).toBe(2);
  });

  test('reads more pairs than one batch has, in the order of users and items', async () => {
    await db.pool.query(`
      INSERT INTO users (external_id) SELECT 'm' || n FROM generate_series(1, 4500) AS n;
      INSERT INTO interactions (user_id, item_id, type)
      SELECT users.id, items.id, 'VIEW' FROM users, items WHERE users.external_id LIKE 'm%';`);
    const { interactions } = await load();
    expect(interactions.users.length).toBe(4500 * 6 + 5);
    const keys = Array.from(interactions.users, (user, pair) => user * 6 + (interactions.items[pair] as number));
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toEqual(keys.toSorted((a, b) => a - b));
  });
});
