import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { type InteractionInput, recordInteraction } from '../../src/interactions/record-interaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };

describe('recordInteraction', () => {
  const db = testDatabase();
  const record = (input: Partial<InteractionInput>) =>
    recordInteraction(db.database, ratingScale, {
      userId: 'u1',
      itemId: 'i1',
      type: 'RATE',
      value: 4,
      ...input,
    });
  const count = () => db.database.interaction.count();

  beforeAll(async () => {
    const scenarios = [{ id: 's1', title: 'First', items: ['i1'] }];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(2, 2), scenarios }), { ratingScale });
  });

  test('stores what came, and counts it towards the item’s popularity', async () => {
    const occurredAt = new Date('2026-01-02T03:04:05.678Z');
    const { interaction, recorded } = await record({ scenarioId: 's1', value: 3.5, occurredAt });
    expect(recorded).toBe(true);
    expect(interaction).toMatchObject({ type: 'RATE', value: 3.5, occurredAt });
    expect(interaction.scenarioId).not.toBeNull();
    expect(await db.database.itemPopularity.findFirst()).toMatchObject({
      itemId: interaction.itemId,
      interactions: 1,
    });
  });

  test('the same idempotency key of the same user is recorded once', async () => {
    const first = await record({ idempotencyKey: 'k1' });
    const again = await record({ idempotencyKey: 'k1' });
    expect(again).toEqual({ interaction: first.interaction, recorded: false });
  });

  test('the same idempotency key sent twice at once is recorded once', async () => {
    const results = await Promise.all([1, 2, 3, 4].map(() => record({ idempotencyKey: 'k-at-once' })));
    expect(results.filter((result) => result.recorded)).toHaveLength(1);
  });

  test('the same idempotency key of another user is another interaction', async () => {
    await record({ idempotencyKey: 'k2' });
    expect(await record({ userId: 'u2', idempotencyKey: 'k2' })).toMatchObject({ recorded: true });
  });

  test.each<[string, Partial<InteractionInput>, string, RegExp]>([
    ['an unknown user', { userId: 'nobody' }, 'USER_NOT_FOUND', /no user with the id "nobody"/],
    ['an unknown item', { itemId: 'nothing' }, 'ITEM_NOT_FOUND', /no item with the id "nothing"/],
    [
      'an unknown scenario',
      { scenarioId: 'nowhere' },
      'SCENARIO_NOT_FOUND',
      /no scenario with the id "nowhere"/,
    ],
    ['a rating without a value', { value: null }, 'BAD_USER_INPUT', /needs the rating/],
    ['a rating below the scale', { value: 0.5 }, 'BAD_USER_INPUT', /between 1 and 5, got 0.5/],
    ['a rating above the scale', { value: 5.1 }, 'BAD_USER_INPUT', /between 1 and 5, got 5.1/],
    [
      'a value that is not a number',
      { type: 'VIEW', value: Number.NaN },
      'BAD_USER_INPUT',
      /finite number, got NaN/,
    ],
    [
      'an infinite value',
      { type: 'VIEW', value: Number.NEGATIVE_INFINITY },
      'BAD_USER_INPUT',
      /got -Infinity/,
    ],
    ['an empty id', { itemId: '' }, 'BAD_USER_INPUT', /itemId: an id cannot be empty/],
    ['an id with U+0000', { userId: 'a\0' }, 'BAD_USER_INPUT', /userId: .*U\+0000/],
    ['an id that is not well-formed', { itemId: 'a\ud800' }, 'BAD_USER_INPUT', /surrogate/],
    ['a key of a bulk load', { idempotencyKey: 'import:x' }, 'BAD_USER_INPUT', /bulk loads/],
    ['a time before 1970', { occurredAt: new Date('0000-01-01T00:00:00Z') }, 'BAD_USER_INPUT', /from 1970/],
    ['a time to come', { occurredAt: new Date(Date.now() + 1e9) }, 'BAD_USER_INPUT', /to now/],
    [
      'a key reused for another value',
      { idempotencyKey: 'k1', value: 2 },
      'IDEMPOTENCY_CONFLICT',
      /another value/,
    ],
    [
      'a key reused for another item',
      { idempotencyKey: 'k1', itemId: 'i2' },
      'IDEMPOTENCY_CONFLICT',
      /another itemId/,
    ],
  ])('refuses %s and stores nothing', async (_what, input, code, message) => {
    const before = await count();
    const refused = record(input);
    await expect(refused).rejects.toMatchObject({ code });
    await expect(refused).rejects.toThrow(message);
    expect(await count()).toBe(before);
  });

  test('ids grow in the order in which one user’s interactions become visible', async () => {
    const seen = new Set<string>();
    let last = 0n;
    const writers = Promise.all(Array.from({ length: 40 }, () => record({ type: 'VIEW', value: null })));
    let done = false;
    void writers.then(() => {
      done = true;
    });
    while (!done) {
      const rows = await db.database.interaction.findMany({
        where: { user: { externalId: 'u1' } },
        orderBy: { id: 'asc' },
      });
      const fresh = rows.filter(({ id }) => !seen.has(String(id)));
      for (const { id } of fresh) {
        expect(id > last).toBe(true);
        seen.add(String(id));
      }
      last = rows.at(-1)?.id ?? last;
    }
    await writers;
  });

  test('the database itself refuses values that are not finite', async () => {
    for (const value of ['NaN', 'Infinity', '-Infinity']) {
      await expect(
        db.pool.query(
          `INSERT INTO interactions (user_id, item_id, type, value) SELECT u.id, i.id, 'VIEW', '${value}' FROM users u, items i`,
        ),
      ).rejects.toThrow('interactions_value_is_finite');
    }
  });
});

describe('popularity', () => {
  const db = testDatabase();

  test('always equals the count of stored interactions, through inserts, deletions and removed users', async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(3, 3)), { ratingScale });
    for (const [userId, itemId] of [
      ['u1', 'i1'],
      ['u1', 'i2'],
      ['u2', 'i1'],
      ['u3', 'i1'],
      ['u3', 'i3'],
    ] as const) {
      await recordInteraction(db.database, ratingScale, { userId, itemId, type: 'CLICK' });
    }
    expect(await counted(db)).toEqual({ i1: 3, i2: 1, i3: 1 });
    await db.database.user.delete({ where: { externalId: 'u3' } });
    expect(await counted(db)).toEqual({ i1: 2, i2: 1, i3: 0 });
    await db.database.item.delete({ where: { externalId: 'i2' } });
    expect(await counted(db)).toEqual({ i1: 2, i3: 0 });
  });
});

async function counted({ database }: ReturnType<typeof testDatabase>): Promise<Record<string, number>> {
  const rows = await database.itemPopularity.findMany({
    include: { item: true },
    orderBy: { itemId: 'asc' },
  });
  return Object.fromEntries(rows.map(({ item, interactions }) => [item.externalId, interactions]));
}
