import { beforeAll, describe, expect, test } from '@jest/globals';
import type { InteractionRecord } from '../../src/datasets/dataset.ts';
import { fieldsOf } from '../../src/features/feature-schema.ts';
import { typeIndex } from '../../src/features/interaction-types.ts';
import type { OnIgnored } from '../../src/features/readable-features.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { loadUserData } from '../../src/pipeline/load-user-data.ts';
import type { Task } from '../../src/tasks/training-data.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const options = { minimumPairs: 2, historyLimit: 100, heldOutShare: 0.1, positiveFrom: 4, seed: 1 };

function click(userId: string, itemId: string): InteractionRecord {
  return { userId, itemId, type: 'CLICK', value: null, time: null };
}

describe('loadUserData', () => {
  const db = testDatabase();
  const load = (more: Partial<Parameters<typeof loadUserData>[1]> = {}) =>
    loadUserData(db.database, { ...options, ...more });

  beforeAll(async () => {
    const interactions = [
      rating('u1', 'i1', 5),
      rating('u1', 'i2', 1),
      rating('u2', 'i1', 3),
      click('u2', 'i3'),
      click('u3', 'i4'),
      click('u3', 'i5'),
      click('u3', 'i5'),
      click('u3', 'i6'),
      click('u4', 'i7'),
      // A later interaction replaces an earlier one, in either direction.
      rating('u3', 'i6', 3.5),
      click('u2', 'i1'),
      click('u1', 'i8'),
    ];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(5, 9), interactions }), {
      ratingScale: { minimum: 1, maximum: 5 },
    });
  });

  test('histories contain only ratings, unless the feedback is any', async () => {
    const { tasks, eligibleUsers } = await load();
    expect(eligibleUsers).toBe(1);
    const times = expect.any(Float64Array);
    expect(tasks).toEqual([
      { users: Int32Array.of(0), items: Int32Array.of(0, 1), labels: Float32Array.of(5, 1), times },
    ]);
  });

  test('with any feedback, every item whose latest interaction is positive counts once, with label 1', async () => {
    const { tasks, users } = await load({ feedback: 'any' });
    expect(users.rows).toBe(3);
    expect(tasks.map(({ items, labels }) => [[...items], [...labels]])).toEqual([
      [
        [0, 7],
        [1, 1],
      ],
      [
        [2, 0],
        [1, 1],
      ],
      [
        [3, 4],
        [1, 1],
      ],
    ]);
  });

  test('with any feedback, items whose latest interaction is a low rating are ignored', async () => {
    const { ignored, interactions } = await load({ feedback: 'any' });
    expect(ignored).toEqual({ users: Int32Array.of(0, 2), items: Int32Array.of(1, 5) });
    expect((await load({ feedback: 'any', positiveFrom: 1 })).ignored?.items).toHaveLength(0);
    expect(interactions?.items).not.toContain(1);
    expect((await load()).ignored).toBeUndefined();
  });

  test('with any feedback, only users with enough positive items are read', async () => {
    expect((await load({ feedback: 'any', minimumPairs: 3, positiveFrom: 1 })).eligibleUsers).toBe(2);
    await expect(load({ feedback: 'any', minimumPairs: 3 })).rejects.toThrow(
      'expected users who have interacted positively with at least 3 items, found none',
    );
  });

  test('pairs beyond the history limit are known but not part of the task', async () => {
    const { tasks, interactions } = await load({ feedback: 'any', historyLimit: 1 });
    expect(tasks.map(({ items }) => [...items])).toEqual([[0], [2], [3]]);
    expect([...(interactions?.items ?? [])]).toEqual([0, 7, 2, 0, 3, 4]);
    expect([...(interactions?.users ?? [])]).toEqual([0, 0, 1, 1, 2, 2]);
  });

  test('whatever the feedback, whole histories have the latest interaction of each type with each item', async () => {
    const [rate, click] = [typeIndex('RATE'), typeIndex('CLICK')];
    const ofFirstUser = { items: [0, 1, 7], labels: [5, 1, 0], types: [rate, rate, click] };
    const whole = async (more: Parameters<typeof load>[0]) =>
      (await load(more)).whole.training.map(({ items, labels, types }) => ({
        items: [...items],
        labels: [...labels],
        types: [...(types ?? [])],
      }));
    expect(await whole({})).toEqual([ofFirstUser]);
    const all = [
      ofFirstUser,
      { items: [0, 2, 0], labels: [3, 0, 0], types: [rate, click, click] },
      { items: [3, 4, 5, 5], labels: [0, 0, 0, 3.5], types: [click, click, click, rate] },
    ];
    expect(await whole({ feedback: 'any' })).toEqual(all);
    expect(await whole({ feedback: 'typed' })).toEqual(all);
  });

  test('without IDs, the schema consists of the declared fields', async () => {
    const { schema } = await load();
    expect(schema.fields.map(({ entity, name }) => `${entity} ${name}`)).toEqual([
      'user region',
      'item genres',
      'item length',
    ]);
  });

  test('the vocabulary has the IDs of the users and items in the data; all others are unknown', async () => {
    const { schema, items } = await load({ ids: ['user', 'item'] });
    const vocabulary = (entity: 'user' | 'item') =>
      fieldsOf(schema, entity).find(({ name }) => name === 'id')?.vocabulary;
    expect(vocabulary('user')).toEqual(['u1']);
    expect(vocabulary('item')).toEqual(['i1', 'i2']);
    const idRow = (item: number) => items.indices[(item + 1) * items.slots - 1];
    expect(idRow(0)).not.toBe(idRow(1));
    expect(idRow(2)).toBe(idRow(8));
    expect(idRow(2)).not.toBe(idRow(0));
  });

  test('throws if no user has enough interactions', async () => {
    await expect(load({ minimumPairs: 4, feedback: 'any' })).rejects.toThrow(
      'expected users who have interacted positively with at least 4 items, found none',
    );
  });
});

describe('held-out users with long histories', () => {
  const db = testDatabase();

  test('have tasks of their first 100 pairs, beside their whole histories', async () => {
    const users = Array.from({ length: 8 }, (_, user) => `u${user + 1}`);
    const items = Array.from({ length: 120 }, (_, item) => `i${item + 1}`);
    const interactions = users.flatMap((user) => items.map((item) => rating(user, item, 5)));
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(8, 120), interactions }), {
      ratingScale: { minimum: 1, maximum: 5 },
    });
    for (const feedback of ['ratings', 'any', 'typed'] as const) {
      const { heldOut, whole } = await loadUserData(db.database, { ...options, feedback });
      const lengths = (tasks: readonly Task[]) => new Set(tasks.map((task) => task.items.length));
      expect(lengths(heldOut)).toEqual(new Set([100]));
      expect(lengths(whole.heldOut)).toEqual(new Set([120]));
      expect(whole.heldOut.map(({ users }) => users)).toEqual(heldOut.map(({ users }) => users));
    }
  });
});

describe('loadUserData with damaged features', () => {
  const db = testDatabase();

  test('encodes them as missing, reports them, and leaves all others as they are', async () => {
    const interactions = ['u1', 'u2', 'u3'].flatMap((user) => [rating(user, 'i1', 5), rating(user, 'i2', 1)]);
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(3, 6), interactions }), {
      ratingScale: { minimum: 1, maximum: 5 },
    });
    const ignored: string[] = [];
    const load = () => {
      ignored.length = 0;
      const onIgnored: OnIgnored = ({ id, field }) => ignored.push(`${field.name} of ${id}`);
      return loadUserData(db.database, { ...options, heldOutShare: 0, onIgnored });
    };
    await db.pool.query("INSERT INTO feature_fields (entity, name, kind) VALUES ('ITEM', '__proto__', 'CATEGORICAL')");
    await db.pool.query(
      "INSERT INTO feature_fields (entity, name, kind) VALUES ('USER', 'constructor', 'MULTI_VALUED')",
    );
    await db.pool.query(`UPDATE items SET features = '{}' WHERE external_id IN ('i3', 'i4')`);
    await db.pool.query(`UPDATE users SET features = '{}' WHERE external_id = 'u2'`);
    const missing = await load();
    expect(ignored).toEqual([]);
    await db.pool.query(
      `UPDATE items SET features = '{"genres": {"a": 1}, "length": "long", "__proto__": {}}' WHERE external_id = 'i3'`,
    );
    await db.pool.query(`UPDATE items SET features = '{"genres": [["a"]], "length": 1e999}' WHERE external_id = 'i4'`);
    await db.pool.query(
      `UPDATE users SET features = '{"region": ["north"], "constructor": 1}' WHERE external_id = 'u2'`,
    );
    const damaged = await load();
    expect(damaged.schema).toEqual(missing.schema);
    expect([damaged.items, damaged.users]).toEqual([missing.items, missing.users]);
    expect(ignored.sort()).toEqual([
      '__proto__ of i3',
      'constructor of u2',
      'genres of i3',
      'genres of i4',
      'length of i3',
      'length of i4',
      'region of u2',
    ]);
  });
});
