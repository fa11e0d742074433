import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { declaredTypes } from '../../src/catalog/interaction-types.ts';
import { integer, pick, randomStream } from '../../src/datasets/synthetic/random.ts';
import type { InteractionInput as BatchedInput } from '../../src/interactions/check-interaction.ts';
import { InteractionWriter } from '../../src/interactions/interaction-writer.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { recordInteractions } from '../../src/interactions/record-interactions.ts';
import { countStatements } from '../support/count-statements.ts';
import { eventually } from '../support/eventually.ts';
import { type InteractionInput, recordInteraction } from '../support/record-interaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };

describe('recordInteractions with one interaction', () => {
  const db = testDatabase();
  const record = (input: Partial<InteractionInput>) =>
    recordInteraction(db.pool, ratingScale, {
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

  test('stores the interaction and counts it in the item’s popularity', async () => {
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

  test('records one interaction for a repeated idempotency key of a user', async () => {
    const first = await record({ idempotencyKey: 'k1' });
    const again = await record({ idempotencyKey: 'k1' });
    expect(again).toEqual({ interaction: first.interaction, recorded: false });
  });

  test('records one interaction for concurrent calls with the same idempotency key', async () => {
    const results = await Promise.all([1, 2, 3, 4].map(() => record({ idempotencyKey: 'k-at-once' })));
    expect(results.filter((result) => result.recorded)).toHaveLength(1);
  });

  test('records another interaction for the same idempotency key of another user', async () => {
    await record({ idempotencyKey: 'k2' });
    expect(await record({ userId: 'u2', idempotencyKey: 'k2' })).toMatchObject({ recorded: true });
  });

  test.each<[string, Partial<InteractionInput>, string, RegExp]>([
    ['an unknown user', { userId: 'nobody' }, 'USER_NOT_FOUND', /no user with the ID "nobody"/],
    ['an unknown item', { itemId: 'nothing' }, 'ITEM_NOT_FOUND', /no item with the ID "nothing"/],
    ['an unknown scenario', { scenarioId: 'nowhere' }, 'SCENARIO_NOT_FOUND', /no scenario with the ID "nowhere"/],
    ['a rating without a value', { value: null }, 'BAD_USER_INPUT', /expected the rating as the value/],
    ['a rating below the scale', { value: 0.5 }, 'BAD_USER_INPUT', /from 1 to 5, got 0.5/],
    ['a rating above the scale', { value: 5.1 }, 'BAD_USER_INPUT', /from 1 to 5, got 5.1/],
    ['a value that is not a number', { type: 'VIEW', value: Number.NaN }, 'BAD_USER_INPUT', /got NaN/],
    [
      'a value above the largest one',
      { type: 'VIEW', value: 1.000_001e12 },
      'BAD_USER_INPUT',
      /interactions\.0\.value: expected a value from 0 to 1000000000000, got 1000001000000/,
    ],
    ['a negative value of a click', { type: 'CLICK', value: -1 }, 'BAD_USER_INPUT', /got -1/],
    [
      'a share above 1 that was played',
      { type: 'PLAY', value: 50 },
      'BAD_USER_INPUT',
      /interactions\.0\.value: expected the share that was played .*, from 0 to 1, got 50; divide percentages by 100/,
    ],
    ['a negative share that was played', { type: 'PLAY', value: -0.1 }, 'BAD_USER_INPUT', /from 0 to 1, got -0\.1/],
    ['an infinite value', { type: 'VIEW', value: Number.NEGATIVE_INFINITY }, 'BAD_USER_INPUT', /got -Infinity/],
    ['an empty ID', { itemId: '' }, 'BAD_USER_INPUT', /interactions\.0\.item: expected 1 to 256 characters, got 0/],
    ['an ID with U+0000', { userId: 'a\0' }, 'BAD_USER_INPUT', /interactions\.0\.user: .*U\+0000/],
    ['an ID with half of a surrogate pair', { itemId: 'a\ud800' }, 'BAD_USER_INPUT', /well-formed/],
    ['an empty key', { idempotencyKey: '' }, 'BAD_USER_INPUT', /idempotencyKey: expected 1 to 256 characters/],
    ['a time before 1970', { occurredAt: new Date('0000-01-01T00:00:00Z') }, 'BAD_USER_INPUT', /from 1970/],
    ['a time in the future', { occurredAt: new Date(Date.now() + 1e9) }, 'BAD_USER_INPUT', /to one day from now/],
    [
      'a key that is stored with another value',
      { idempotencyKey: 'k1', value: 2 },
      'IDEMPOTENCY_CONFLICT',
      /a different value/,
    ],
    [
      'a key that is stored with another time',
      { idempotencyKey: 'k1', occurredAt: new Date('2001-01-01T00:00:00Z') },
      'IDEMPOTENCY_CONFLICT',
      /a different occurredAt/,
    ],
    [
      'a key that is stored with another item',
      { idempotencyKey: 'k1', itemId: 'i2' },
      'IDEMPOTENCY_CONFLICT',
      /a different item;/,
    ],
  ])('refuses %s and stores nothing', async (_what, input, code, message) => {
    const before = await count();
    const refused = record(input);
    await expect(refused).rejects.toMatchObject({ code });
    await expect(refused).rejects.toThrow(message);
    expect(await count()).toBe(before);
  });

  test.each([0, 1, null])('stores the share %p that was played', async (value) => {
    expect(await record({ type: 'PLAY', value })).toMatchObject({ recorded: true, interaction: { value } });
  });

  test('makes the interactions of one user visible in the order of their IDs', async () => {
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

  test('has a database constraint that refuses values that are not finite or too large', async () => {
    for (const value of ['NaN', 'Infinity', '-Infinity', '1e13']) {
      await expect(
        db.pool.query(
          `INSERT INTO interactions (user_id, item_id, type, value) SELECT u.id, i.id, 'VIEW', '${value}' FROM users u, items i`,
        ),
      ).rejects.toThrow('interactions_value_is_bounded');
    }
  });
});

describe('recordInteractions with a batch', () => {
  const db = testDatabase();
  const record = (interactions: readonly BatchedInput[]) =>
    recordInteractions(new InteractionWriter(db.pool), { ratingScale }, interactions);
  const view = (user: string, item: string, idempotencyKey?: string): BatchedInput => {
    return { user, item, type: 'VIEW', idempotencyKey };
  };
  const click = (user: string, item: string): BatchedInput => ({ user, item, type: 'CLICK' });
  const count = () => db.database.interaction.count();

  beforeAll(async () => {
    const scenarios = [{ id: 's1', title: 'First', items: ['i1'] }];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(40, 5), scenarios }), { ratingScale });
  });

  test('stores interactions and returns results in the order of the input', async () => {
    const batch = Array.from({ length: 30 }, (_, n) => view(`u${1 + (n % 3)}`, `i${1 + (n % 5)}`));
    const { results, errors } = await record(batch);
    expect(errors).toEqual([]);
    expect(results.every(({ recorded }) => recorded)).toBe(true);
    const ids = results.map(({ interaction }) => interaction!.id);
    expect(ids).toEqual(ids.toSorted((a, b) => Number(a - b)));
    const stored = await db.database.interaction.findMany({
      include: { user: true, item: true },
      orderBy: { id: 'asc' },
    });
    expect(stored.map(({ user, item }) => [user.externalId, item.externalId])).toEqual(
      batch.map(({ user, item }) => [user, item]),
    );
    expect(results.map(({ interaction }) => interaction)).toEqual(
      stored.map(({ user: _user, item: _item, ...interaction }) => interaction),
    );
  });

  test('stores the valid interactions and reports every error of the others', async () => {
    const before = await count();
    const { results, errors } = await record([
      view('u1', 'i1'),
      { user: 'nobody', item: 'nothing', scenario: 'nowhere', type: 'VIEW' },
      {
        user: '',
        item: 'i1\0',
        type: 'RATE',
        value: 9,
        occurredAt: new Date(-1),
        idempotencyKey: '',
      },
      { ...view('u2', 'i2'), scenario: 's1' },
    ]);
    expect(results.map(({ recorded }) => recorded)).toEqual([true, false, false, true]);
    expect(results[1]).toEqual({ interaction: null, recorded: false });
    expect(errors.map(({ code, field }) => [code, field?.join('.')])).toEqual([
      ['USER_NOT_FOUND', 'interactions.1.user'],
      ['ITEM_NOT_FOUND', 'interactions.1.item'],
      ['SCENARIO_NOT_FOUND', 'interactions.1.scenario'],
      ['BAD_USER_INPUT', 'interactions.2.user'],
      ['BAD_USER_INPUT', 'interactions.2.item'],
      ['BAD_USER_INPUT', 'interactions.2.idempotencyKey'],
      ['BAD_USER_INPUT', 'interactions.2.occurredAt'],
      ['BAD_USER_INPUT', 'interactions.2.value'],
    ]);
    expect(await count()).toBe(before + 2);
  });

  test('treats a repeated key in a batch like a key that is sent again', async () => {
    const { results, errors } = await record([
      view('u1', 'i1', 'twice'),
      view('u1', 'i1', 'twice'),
      view('u1', 'i2', 'twice'),
      view('u2', 'i2', 'twice'),
    ]);
    expect(results.map(({ recorded }) => recorded)).toEqual([true, false, false, true]);
    expect(results[1]?.interaction).toEqual(results[0]?.interaction);
    expect(results[2]?.interaction).toBeNull();
    expect(errors).toMatchObject([{ code: 'IDEMPOTENCY_CONFLICT', field: ['interactions', 2, 'idempotencyKey'] }]);
  });

  test('accepts a key again if the first interaction with it is not stored', async () => {
    const { results } = await record([view('u1', 'nothing', 'free'), view('u1', 'i1', 'free')]);
    expect(results.map(({ recorded }) => recorded)).toEqual([false, true]);
  });

  test('stores nothing and returns the same interactions when a batch is sent again', async () => {
    const batch = [view('u3', 'i1', 'a'), view('u3', 'i2', 'b'), view('u4', 'i2', 'a')];
    const first = await record(batch);
    const before = await count();
    const again = await record(batch);
    expect(again.results).toEqual(first.results.map((result) => ({ ...result, recorded: false })));
    expect(again.errors).toEqual([]);
    expect(await count()).toBe(before);
  });

  test.each([0, 501])('refuses a batch of %d interactions without running a statement', async (length) => {
    const statements = await countStatements(async () => {
      const { results, errors } = await record(Array.from({ length }, () => view('u1', 'i1')));
      expect(results).toEqual([]);
      expect(errors).toMatchObject([
        { message: `interactions: expected 1 to 500 entries, got ${length}`, field: ['interactions'] },
      ]);
    });
    expect(statements).toBe(0);
  });

  test('runs one statement for 1 or 500 interactions, and two if their keys are sent again', async () => {
    const batch = (length: number, key: string) =>
      Array.from({ length }, (_, n) => view(`u${1 + (n % 40)}`, 'i1', `${key}${n}`));
    for (const length of [1, 500]) {
      expect(await countStatements(() => record(batch(length, `of ${length}: `)))).toBe(1);
      expect(await countStatements(() => record(batch(length, `of ${length}: `)))).toBe(2);
    }
  });

  test('stores large, small and fractional values unchanged', async () => {
    const values = [0.1, 1e12, 5e-324, 1 / 3, 123456789012.34567, 0];
    const { results } = await record(values.map((value) => ({ ...click('u1', 'i1'), value })));
    expect(results.map(({ interaction }) => interaction?.value)).toEqual(values);
    const stored = await db.database.interaction.findMany({
      where: { id: { in: results.map(({ interaction }) => interaction!.id) } },
      orderBy: { id: 'asc' },
    });
    expect(stored.map(({ value }) => value)).toEqual(values);
  });

  test('neither deadlocks nor loses interactions when concurrent batches list the same users in any order', async () => {
    const before = await count();
    const users = Array.from({ length: 40 }, (_, n) => `u${n + 1}`);
    const batches = Array.from({ length: 24 }, (_, n) => {
      const order = n % 2 ? users : users.toReversed();
      return [...order.slice(n), ...order.slice(0, n)].map((user) => click(user, `i${1 + (n % 5)}`));
    });
    const recorded = await Promise.all(batches.map(record));
    expect(recorded.flatMap(({ errors }) => errors)).toEqual([]);
    expect(await count()).toBe(before + 24 * 40);
    const { _sum } = await db.database.itemPopularity.aggregate({ _sum: { interactions: true } });
    expect(_sum.interactions).toBe(await count());
  });

  test('makes the interactions of one user visible in the order of their IDs across concurrent batches', async () => {
    let done = false;
    const writers = Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        record(Array.from({ length: 20 }, (_, m) => view(`u${1 + ((n + m) % 4)}`, 'i1'))),
      ),
    ).finally(() => {
      done = true;
    });
    let last = -1n;
    let seen = 0;
    while (!done) {
      const where = { user: { externalId: 'u1' } };
      const rows = await db.database.interaction.findMany({
        where,
        orderBy: { id: 'asc' },
        select: { id: true },
      });
      // Every new row has a larger ID than every row that was visible before.
      expect(rows.filter(({ id }) => id <= last)).toHaveLength(seen);
      last = rows.at(-1)?.id ?? last;
      seen = rows.length;
    }
    await writers;
  });

  test('assigns no ID before it holds the lock of every user', async () => {
    const lastId = async () =>
      (await db.pool.query('SELECT last_value FROM interactions_id_seq')).rows[0].last_value as string;
    const holder = await db.pool.connect();
    try {
      await holder.query(`BEGIN; SELECT FROM users WHERE external_id = 'u2' FOR NO KEY UPDATE`);
      const before = await lastId();
      const waiting = record([view('u1', 'i1'), view('u2', 'i1'), view('u3', 'i1')]);
      await untilAConnectionWaits();
      expect(await lastId()).toBe(before);
      await holder.query('COMMIT');
      expect((await waiting).results.every(({ recorded }) => recorded)).toBe(true);
    } finally {
      holder.release();
    }
  });

  async function untilAConnectionWaits(): Promise<void> {
    const waiters = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await eventually(async () => (await db.pool.query(waiters)).rowCount !== 0);
  }

  test('leaves no interactions of a user who is deleted at the same time', async () => {
    const [{ results, errors }] = await Promise.all([
      record(Array.from({ length: 10 }, () => view('u40', 'i1'))),
      db.database.user.delete({ where: { externalId: 'u40' } }),
    ]);
    expect(errors.every(({ code }) => code === 'USER_NOT_FOUND')).toBe(true);
    expect(results.filter(({ recorded }) => !recorded)).toHaveLength(errors.length);
    expect(await db.database.interaction.count({ where: { user: { externalId: 'u40' } } })).toBe(0);
  });
});

describe('item popularity', () => {
  const db = testDatabase();

  test('equals the number of stored interactions after inserts and after deletions of users and items', async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(3, 3)), { ratingScale });
    for (const [userId, itemId] of [
      ['u1', 'i1'],
      ['u1', 'i2'],
      ['u2', 'i1'],
      ['u3', 'i1'],
      ['u3', 'i3'],
    ] as const) {
      await recordInteraction(db.pool, ratingScale, { userId, itemId, type: 'CLICK' });
    }
    expect(await counted(db)).toEqual({ i1: 3, i2: 1, i3: 1 });
    await db.database.user.delete({ where: { externalId: 'u3' } });
    expect(await counted(db)).toEqual({ i1: 2, i2: 1, i3: 0 });
    await db.database.item.delete({ where: { externalId: 'i2' } });
    expect(await counted(db)).toEqual({ i1: 2, i3: 0 });
  });
});

describe('the positives of an item’s popularity', () => {
  const db = testDatabase();
  const [users, items] = [12, 5];
  let writer: InteractionWriter;
  const record = async (inputs: readonly BatchedInput[]) =>
    expect((await recordInteractions(writer, { ratingScale }, inputs)).errors).toEqual([]);
  const view = (user: string) => ({ user, item: 'i1', type: 'VIEW' as const });
  const rate = (user: string, value: number) => ({ user, item: 'i1', type: 'RATE' as const, value });
  const click = (user: string) => ({ user, item: 'i1', type: 'CLICK' as const });
  const removeFirst = (user: string, type: string) =>
    db.pool.query(
      `DELETE FROM interactions WHERE id = (SELECT min(interactions.id) FROM interactions
       JOIN users ON users.id = user_id WHERE external_id = $1 AND type = $2)`,
      [user, type],
    );

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(users, items)), { ratingScale });
    writer = new InteractionWriter(db.pool);
    await db.pool.query(`INSERT INTO interaction_types (id, name, counts_once) VALUES (8, 'AGAIN', false)`);
  });
  beforeEach(() => db.database.interaction.deleteMany());

  test('count a user once for each type, in one batch and in many', async () => {
    await record([...Array.from({ length: 400 }, () => view('u1')), click('u1'), click('u1'), view('u2')]);
    for (let repetition = 0; repetition < 3; repetition++) await record([view('u1'), click('u1'), view('u2')]);
    expect(await positives(db)).toEqual({ i1: 3 });
    expect(await counted(db)).toMatchObject({ i1: 412 });
  });

  test('count a rating once it was high enough, however it changes afterwards', async () => {
    for (const [value, count] of [
      [2, 0],
      [5, 1],
      [4, 1],
      [1, 1],
      [5, 1],
    ] as const) {
      await record([rate('u1', value)]);
      expect(await positives(db)).toEqual(count ? { i1: count } : {});
    }
  });

  test('count until the last of several equal interactions is deleted', async () => {
    await record([view('u1'), view('u1'), rate('u1', 5), rate('u1', 1)]);
    await removeFirst('u1', 'VIEW');
    expect(await positives(db)).toEqual({ i1: 2 });
    await removeFirst('u1', 'VIEW');
    expect(await positives(db)).toEqual({ i1: 1 });
    await removeFirst('u1', 'RATE');
    expect(await positives(db)).toEqual({});
  });

  test.each([0, 1, 2])(
    'equal the distinct users and types with positives while much is recorded, loaded and deleted: %d',
    async (seed) => {
      const random = randomStream(seed, 0);
      const draw = () => {
        const type = pick(random, ['RATE', 'VIEW', 'CLICK', 'DISLIKE', 'IMPRESSION', 'PLAY', 'AGAIN'] as const);
        const value = type === 'RATE' ? integer(random, 1, 5) : type === 'PLAY' ? integer(random, 0, 4) / 4 : null;
        return { user: `u${integer(random, 1, users)}`, item: `i${integer(random, 1, items)}`, type, value };
      };
      const batch = (length: number) => Array.from({ length }, draw);
      const types = await declaredTypes(db.database);
      const writers = [new InteractionWriter(db.pool), new InteractionWriter(db.pool), new InteractionWriter(db.pool)];
      const recording = writers.map(async (one) => {
        for (let n = 0; n < 15; n++) await recordInteractions(one, { ratingScale, types }, batch(1 + (n % 4) * 6));
      });
      const loading = async () => {
        for (let n = 0; n < 3; n++) {
          const interactions = batch(40).map(({ user, item, ...rest }) => {
            return { userId: user, itemId: item, time: null, ...rest };
          });
          const dataset = {
            ...smallDataset({ ...smallCatalog(users, items), interactions }),
            name: `load ${seed} ${n}`,
          };
          await loadDataset(db.pool, dataset, { ratingScale });
        }
      };
      const removing = async () => {
        for (let n = 0; n < 25; n++) {
          await db.pool.query(
            `DELETE FROM interactions USING users
             WHERE users.id = user_id AND external_id = $1 AND interactions.id % 3 = $2`,
            [`u${1 + (n % users)}`, n % 3],
          );
          if (n === 10) await db.database.user.deleteMany({ where: { externalId: 'u3' } });
          if (n === 20) await db.database.item.deleteMany({ where: { externalId: 'i2' } });
        }
      };
      await Promise.all([...recording, loading(), removing()]);
      const whole = await positives(db);
      expect(whole).toEqual(await positivesByBruteForce(db));
      await db.database.user.delete({ where: { externalId: 'u1' } });
      const rest = await positives(db);
      expect(rest).toEqual(await positivesByBruteForce(db));
      expect(rest).not.toEqual(whole);
      await loadDataset(db.pool, smallDataset(smallCatalog(users, items)), { ratingScale });
    },
  );
});

/** The items with positives. */
async function positives({ pool }: ReturnType<typeof testDatabase>): Promise<unknown> {
  const { rows } = await pool.query(
    `SELECT external_id AS item, positives FROM item_popularity JOIN items ON items.id = item_id WHERE positives <> 0`,
  );
  return Object.fromEntries(rows.map(({ item, positives }) => [item, positives]));
}

async function positivesByBruteForce({ database }: ReturnType<typeof testDatabase>): Promise<unknown> {
  const groups = new Map<string, Set<string>>();
  for (const { id, item, userId, type, value } of await database.interaction.findMany({ include: { item: true } })) {
    if (['DISLIKE', 'IMPRESSION'].includes(type) || (type === 'RATE' && value! < 4)) continue;
    if (type === 'PLAY' && value! < 0.5) continue;
    const repetition = type === 'AGAIN' ? ` ${id}` : '';
    groups.set(item.externalId, (groups.get(item.externalId) ?? new Set()).add(`${userId} ${type}${repetition}`));
  }
  return Object.fromEntries([...groups].map(([item, pairs]) => [item, pairs.size]));
}

async function counted({ database }: ReturnType<typeof testDatabase>): Promise<Record<string, number>> {
  const rows = await database.itemPopularity.findMany({
    include: { item: true },
    orderBy: { itemId: 'asc' },
  });
  return Object.fromEntries(rows.map(({ item, interactions }) => [item.externalId, interactions]));
}
