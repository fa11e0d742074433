import { beforeAll, describe, expect, test } from '@jest/globals';
import { setItemAvailability } from '../../src/catalog/set-item-availability.ts';
import { setScenarioItems } from '../../src/catalog/set-scenario-items.ts';
import { type ItemInput, upsertItems } from '../../src/catalog/upsert-items.ts';
import { upsertScenarios } from '../../src/catalog/upsert-scenarios.ts';
import { upsertUsers } from '../../src/catalog/upsert-users.ts';
import { deleteUser } from '../../src/catalog/users.ts';
import { InteractionWriter } from '../../src/interactions/interaction-writer.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { recordInteractions } from '../../src/interactions/record-interactions.ts';
import { countStatements } from '../support/count-statements.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };

describe('upsertUsers', () => {
  const db = testDatabase();
  const upsert = (...users: { externalId: string; features?: Record<string, unknown> }[]) =>
    upsertUsers(db.database, users);

  beforeAll(() => loadDataset(db.pool, smallDataset({}), { ratingScale }));

  test('adds users in the order of the input and replaces the features of existing users', async () => {
    const added = await upsert({ externalId: 'z', features: { region: 'north' } }, { externalId: 'a' });
    expect(added).toMatchObject([
      { id: 1, externalId: 'z', features: { region: 'north' } },
      { id: 2, externalId: 'a', features: {} },
    ]);
    const again = await upsert({ externalId: 'b' }, { externalId: 'z', features: { region: null } });
    expect(again).toMatchObject([
      { id: 3, externalId: 'b' },
      { id: 1, externalId: 'z', features: { region: null } },
    ]);
    expect(again[1]?.createdAt).toEqual(added[0]?.createdAt);
    expect(await db.database.user.findMany({ orderBy: { id: 'asc' } })).toEqual([again[1], added[1], again[0]]);
  });

  test('uses up no internal IDs for existing users', async () => {
    for (let n = 0; n < 5; n++) await upsert({ externalId: 'z' }, { externalId: 'a' });
    expect(await upsert({ externalId: 'next' })).toMatchObject([{ id: 4 }]);
  });

  test('stores true and false as categories', async () => {
    const [yes, no] = await upsert(
      { externalId: 'yes', features: { region: true } },
      { externalId: 'no', features: { region: false } },
    );
    expect([yes?.features, no?.features]).toEqual([{ region: 'true' }, { region: 'false' }]);
    await db.database.user.deleteMany({ where: { externalId: { in: ['yes', 'no'] } } });
  });

  test('stores nothing and reports every error', async () => {
    const refused = upsert(
      { externalId: 'fine' },
      { externalId: '', features: { region: 3, color: 'red' } },
      { externalId: 'fine', features: { region: 'x' } },
      { externalId: 'x'.repeat(257) },
      { externalId: 'a\ud800' },
    );
    await expect(refused).rejects.toMatchObject({
      errors: [
        { code: 'BAD_USER_INPUT', field: ['users', 1, 'externalId'] },
        { field: ['users', 2, 'externalId'], message: /got "fine" again, which is also the ID of users\.0/ },
        { field: ['users', 3, 'externalId'] },
        { field: ['users', 4, 'externalId'] },
        { field: ['users', 1, 'features', 'region'] },
        { field: ['users', 1, 'features', 'color'] },
      ].map(({ message, ...fault }) => ({
        ...fault,
        ...(message && { message: expect.stringMatching(message) }),
      })),
    });
    expect(await db.database.user.count({ where: { externalId: 'fine' } })).toBe(0);
  });

  test.each([0, 501])('refuses a list of %d users without running a statement', async (length) => {
    const refused = () =>
      expect(upsert(...Array.from({ length }, (_, n) => ({ externalId: `${n}` })))).rejects.toThrow(
        `users: expected 1 to 500 entries, got ${length}`,
      );
    expect(await countStatements(refused)).toBe(0);
  });

  test('runs as many statements for 500 users as for one', async () => {
    const many = (length: number) => Array.from({ length }, (_, n) => ({ externalId: `of ${length}: ${n}` }));
    expect(await countStatements(() => upsert(...many(500)))).toBe(await countStatements(() => upsert(...many(1))));
  });

  test('stores users and interactions once and without deadlock when concurrent calls list the same users in any order', async () => {
    const users = Array.from({ length: 200 }, (_, n) => ({ externalId: `at once ${n}` }));
    await upsert(...users.slice(50, 150));
    await upsertItems(db.database, [{ externalId: 'i', title: 'I' }]);
    const interactions = users
      .slice(50, 150)
      .map(({ externalId }) => ({ user: externalId, item: 'i', type: 'VIEW' as const }));
    await Promise.all([
      upsert(...users),
      recordInteractions(new InteractionWriter(db.pool), { ratingScale }, interactions),
      upsert(...users.toReversed()),
      recordInteractions(new InteractionWriter(db.pool), { ratingScale }, interactions.toReversed()),
      loadDataset(db.pool, smallDataset({ users: users.map(({ externalId: id }) => ({ id, features: {} })) }), {
        ratingScale,
      }),
      upsert(...users.slice(100), ...users.slice(0, 100)),
    ]);
    expect(await db.database.user.count({ where: { externalId: { startsWith: 'at once' } } })).toBe(200);
    expect(await db.database.interaction.count()).toBe(200);
  });
});

describe('upsertItems', () => {
  const db = testDatabase();
  const upsert = (...items: ItemInput[]) => upsertItems(db.database, items);

  beforeAll(() => loadDataset(db.pool, smallDataset({}), { ratingScale }));

  test('adds items in the order of the input, available by default', async () => {
    const added = await upsert(
      { externalId: 'b', title: 'B', features: { genres: ['x'], length: 1e15 } },
      { externalId: 'a', title: 'A', available: false },
    );
    expect(added).toMatchObject([
      {
        id: 1,
        externalId: 'b',
        title: 'B',
        features: { genres: ['x'], length: 1e15 },
        available: true,
        revision: 1,
      },
      { id: 2, externalId: 'a', title: 'A', features: {}, available: false, revision: 1 },
    ]);
    expect(await db.database.item.findMany({ orderBy: { id: 'asc' } })).toEqual(added);
  });

  test('keeps the availability of an item unless the input sets it', async () => {
    await upsert({ externalId: 'a', title: 'A' }, { externalId: 'b', title: 'B', available: null });
    expect(await upsert({ externalId: 'a', title: 'A' })).toMatchObject([{ available: false }]);
    expect(await upsert({ externalId: 'b', title: 'B', available: false })).toMatchObject([{ available: false }]);
    expect(await upsert({ externalId: 'b', title: 'B', available: true })).toMatchObject([{ available: true }]);
  });

  test('keeps the times of an item that the input does not give, and removes those that are null', async () => {
    const [availableFrom, availableUntil] = [new Date('2026-01-01T00:00:00Z'), new Date('2027-01-01T00:00:00Z')];
    const timed = { externalId: 'timed', title: 'T' };
    expect(await upsert({ ...timed, availableFrom, availableUntil })).toMatchObject([
      { availableFrom, availableUntil },
    ]);
    expect(await upsert(timed, { externalId: 'a', title: 'A', availableUntil })).toMatchObject([
      { availableFrom, availableUntil },
      { availableFrom: null, availableUntil },
    ]);
    expect(await upsert({ ...timed, availableUntil: null })).toMatchObject([{ availableFrom, availableUntil: null }]);
    const contradicting = upsert({ externalId: 'new', title: 'N' }, { ...timed, availableUntil: availableFrom });
    await expect(contradicting).rejects.toMatchObject({ errors: [{ field: ['items', 1, 'availableUntil'] }] });
    expect(await db.database.item.count({ where: { externalId: 'new' } })).toBe(0);
    const ancient = upsert({ ...timed, availableFrom: new Date('0000-12-31T00:00:00Z') });
    await expect(ancient).rejects.toThrow('from the year 1 to 9999');
  });

  test('stores no more items than there may be, also if calls run at the same time', async () => {
    const before = await db.database.item.count();
    const upsertWithin = (id: string) => upsertItems(db.database, [{ externalId: id, title: id }], before + 2);
    const outcomes = await Promise.allSettled(['m1', 'm2', 'm3', 'm4', 'm5'].map(upsertWithin));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'BAD_USER_INPUT', message: expect.stringContaining(`at most ${before + 2} items`) },
    });
    expect(await db.database.item.count()).toBe(before + 2);
  });

  test('changes items even if there are more than there may be', async () => {
    expect(await upsertItems(db.database, [{ externalId: 'a', title: 'A 2' }], 1)).toMatchObject([{ title: 'A 2' }]);
  });

  test('increments the revision only when features change', async () => {
    const revision = async (item: ItemInput) => (await upsert(item))[0]?.revision;
    const first = await revision({ externalId: 'r', title: 'R', features: { genres: ['x'] } });
    expect(await revision({ externalId: 'r', title: 'R 2', features: { genres: ['x'] } })).toBe(first);
    expect(await revision({ externalId: 'r', title: 'R 2', features: { genres: ['y'] } })).toBe(first! + 1);
    expect(await revision({ externalId: 'r', title: 'R 2' })).toBe(first! + 2);
  });

  test('stores nothing and reports every error', async () => {
    const refused = upsert(
      { externalId: 'fine', title: 'x'.repeat(1000) },
      { externalId: 'long', title: 'x'.repeat(1001) },
      { externalId: 'fine', title: '' },
      { externalId: 'zero', title: 'a\0b', features: { length: Number.NaN } },
      { externalId: 'half', title: '\ud83c' },
    );
    await expect(refused).rejects.toMatchObject({
      errors: [
        { field: ['items', 2, 'externalId'] },
        {
          field: ['items', 1, 'title'],
          message: expect.stringMatching(/expected 1 to 1000 characters, got 1001/),
        },
        { field: ['items', 2, 'title'] },
        { field: ['items', 3, 'title'] },
        { field: ['items', 4, 'title'] },
        { field: ['items', 3, 'features', 'length'] },
      ],
    });
    expect(await db.database.item.count({ where: { externalId: 'fine' } })).toBe(0);
  });

  test.each(['__proto__', 'constructor', `it's "quoted"`, 'Größe 🎬', ' '])(
    'stores the ID %s unchanged',
    async (externalId) => {
      const item = { externalId, title: `${externalId}.`, available: false };
      expect(await upsert(item)).toMatchObject([item]);
      expect(await upsert({ externalId, title: `${externalId}.` })).toMatchObject([item]);
    },
  );

  test('runs as many statements for 500 items as for one', async () => {
    const many = (length: number) =>
      Array.from({ length }, (_, n) => ({
        externalId: `of ${length}: ${n}`,
        title: 'T',
        features: { length: n },
      }));
    const ofMany = await countStatements(() => upsert(...many(500)));
    expect(ofMany).toBe(await countStatements(() => upsert(...many(1))));
  });

  test('does not deadlock when concurrent calls change the same items in any order', async () => {
    const items = Array.from({ length: 100 }, (_, n) => ({ externalId: `at once ${n}`, title: 'T' }));
    await upsert(...items);
    const ids = items.map(({ externalId }) => externalId);
    await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        n % 2
          ? upsert(...(n % 4 === 1 ? items : items.toReversed()))
          : setItemAvailability(db.database, n % 4 ? ids : ids.toReversed(), false),
      ),
    );
    expect(await db.database.item.count({ where: { externalId: { in: ids }, available: false } })).toBe(100);
  });
});

describe('pools and availability', () => {
  const db = testDatabase();
  const pool = async (scenario: string) => {
    const rows = await db.database.scenarioItem.findMany({
      where: { scenario: { externalId: scenario } },
      include: { item: true },
      orderBy: { itemId: 'asc' },
    });
    return rows.map(({ item }) => item.externalId);
  };

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(3, 600)), { ratingScale });
    await upsertScenarios(db.database, [
      { externalId: 's2', title: 'Second' },
      { externalId: 's1', title: 'First' },
    ]);
  });

  test('adds a scenario with an empty pool and keeps the pool when the title changes', async () => {
    expect(await pool('s1')).toEqual([]);
    await setScenarioItems(db.database, 's1', ['i3', 'i1', 'i3']);
    const [changed] = await upsertScenarios(db.database, [{ externalId: 's1', title: 'Changed' }]);
    expect(changed).toMatchObject({ id: 2, title: 'Changed' });
    expect(await pool('s1')).toEqual(['i1', 'i3']);
    await expect(upsertScenarios(db.database, [{ externalId: 's3', title: '' }])).rejects.toMatchObject({
      errors: [{ field: ['scenarios', 0, 'title'] }],
    });
    expect(await db.database.scenario.count()).toBe(2);
  });

  test('replaces the whole pool, also with an empty list', async () => {
    await setScenarioItems(db.database, 's1', ['i2', 'i1']);
    expect(await pool('s1')).toEqual(['i1', 'i2']);
    expect(await setScenarioItems(db.database, 's1', [])).toMatchObject({ externalId: 's1' });
    expect(await pool('s1')).toEqual([]);
  });

  test('leaves the pool unchanged and reports every error if the scenario or an item does not exist', async () => {
    await setScenarioItems(db.database, 's1', ['i1']);
    await expect(setScenarioItems(db.database, 's1', ['i2', 'x', 'i3', 'y'])).rejects.toMatchObject({
      errors: [
        { code: 'ITEM_NOT_FOUND', field: ['items', 1] },
        { code: 'ITEM_NOT_FOUND', field: ['items', 3] },
      ],
    });
    await expect(setScenarioItems(db.database, 'nowhere', ['x'])).rejects.toMatchObject({
      errors: [
        { code: 'SCENARIO_NOT_FOUND', field: ['scenario'] },
        { code: 'ITEM_NOT_FOUND', field: ['items', 0] },
      ],
    });
    await expect(setScenarioItems(db.database, '', ['\0'])).rejects.toMatchObject({
      errors: [{ field: ['scenario'] }, { field: ['items', 0] }],
    });
    expect(await pool('s1')).toEqual(['i1']);
  });

  test('stores exactly one of the pools that concurrent calls set', async () => {
    const [odd, even] = [1, 0].map((rest) =>
      Array.from({ length: 600 }, (_, n) => n + 1)
        .filter((n) => n % 2 === rest)
        .map((n) => `i${n}`),
    ) as [string[], string[]];
    await Promise.all([
      setScenarioItems(db.database, 's2', odd),
      setScenarioItems(db.database, 's2', even.toReversed()),
      setScenarioItems(db.database, 's2', odd.toReversed()),
    ]);
    const left = await pool('s2');
    expect([odd, even]).toContainEqual(left);
  });

  test('runs as many statements for 600 items as for one, and none for more than 10,000, which it refuses', async () => {
    const ids = Array.from({ length: 600 }, (_, n) => `i${n + 1}`);
    const statements = (items: readonly string[]) => countStatements(() => setScenarioItems(db.database, 's2', items));
    expect(await statements(ids)).toBe(await statements(['i1']));
    const refused = () =>
      expect(setScenarioItems(db.database, 's2', Array(10_001).fill('i1'))).rejects.toThrow('got 10001');
    expect(await countStatements(refused)).toBe(0);
  });

  test('changes the availability of all items and returns them in the requested order', async () => {
    const changed = await setItemAvailability(db.database, ['i2', 'i1', 'i2'], false);
    expect(changed.map(({ externalId, available }) => [externalId, available])).toEqual([
      ['i2', false],
      ['i1', false],
      ['i2', false],
    ]);
    expect(await db.database.item.count({ where: { available: false } })).toBe(2);
  });

  test('changes no availability if an item does not exist or the list is empty', async () => {
    await expect(setItemAvailability(db.database, ['x', 'i1', 'y'], true)).rejects.toMatchObject({
      errors: [
        { code: 'ITEM_NOT_FOUND', field: ['items', 0] },
        { code: 'ITEM_NOT_FOUND', field: ['items', 2] },
      ],
    });
    expect(await db.database.item.count({ where: { available: false } })).toBe(2);
    await expect(setItemAvailability(db.database, [], true)).rejects.toThrow('items: expected 1 to 500');
  });
});

describe('deleteUser', () => {
  const db = testDatabase();

  test('deletes the user and all interactions of the user, and lowers the items’ interaction counts', async () => {
    const interactions = ['u1', 'u2'].map((userId) => ({
      userId,
      itemId: 'i1',
      type: 'VIEW' as const,
      value: null,
      time: null,
    }));
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(2, 2), interactions }), { ratingScale });
    await deleteUser(db.database, 'u1');
    expect(await db.database.user.findMany()).toMatchObject([{ externalId: 'u2' }]);
    expect(await db.database.interaction.count()).toBe(1);
    expect(await db.database.itemPopularity.findFirst()).toMatchObject({ interactions: 1 });
  });

  test('leaves the ID in no row of any table', async () => {
    await upsertUsers(db.database, [{ externalId: 'unmistakable', features: { region: 'north' } }]);
    const input = {
      user: 'unmistakable',
      item: 'i1',
      type: 'VIEW' as const,
      idempotencyKey: 'unmistakable key',
    };
    await recordInteractions(new InteractionWriter(db.pool), { ratingScale }, [input]);
    expect(await rowsWith('unmistakable')).toBeGreaterThan(0);
    await deleteUser(db.database, 'unmistakable');
    expect(await rowsWith('unmistakable')).toBe(0);
  });

  test('refuses a user that does not exist and an ID with U+0000', async () => {
    const refused = {
      code: 'USER_NOT_FOUND',
      field: ['user'],
      message: 'user: there is no user with the ID "u1"',
    };
    await expect(deleteUser(db.database, 'u1')).rejects.toMatchObject(refused);
    await expect(deleteUser(db.database, '\0')).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      field: ['user'],
    });
  });

  /** Returns the number of rows, over all tables, whose text contains `text`. */
  async function rowsWith(text: string): Promise<number> {
    const { rows } = await db.pool.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
    );
    let found = 0;
    for (const { name } of rows) {
      const { rowCount } = await db.pool.query(`SELECT FROM "${name}" AS t WHERE t::text LIKE $1`, [`%${text}%`]);
      found += rowCount ?? 0;
    }
    return found;
  }
});
