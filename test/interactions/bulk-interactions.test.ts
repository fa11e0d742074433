import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { addInteractions, countInteractions } from '../../src/interactions/bulk-interactions.ts';
import { type CatalogKeys, readCatalogKeys } from '../../src/interactions/catalog-keys.ts';
import type { KnownInteraction } from '../../src/interactions/known-interactions.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { SortedInteractions } from '../../src/interactions/sorted-interactions.ts';
import { withConnection } from '../../src/store/transaction.ts';
import { eventually } from '../support/eventually.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const [users, items] = [6, 20];
const ratingScale = { minimum: 1, maximum: 5 };

describe('addInteractions', () => {
  const db = testDatabase();
  let keys: CatalogKeys;
  const view = (user: number, item: number, time: number | null = null): KnownInteraction => ({
    userId: keys.users.get(`u${user}`)!,
    itemId: keys.items.get(`i${item}`)!,
    scenarioId: null,
    type: 'VIEW',
    value: null,
    time: time === null ? null : new Date(time),
  });
  /** Every user with every item: one user after another, or all users in turn. */
  const everything = (order: 'by user' | 'in turn') =>
    Array.from({ length: users * items }, (_, n) => {
      const [user, item] =
        order === 'by user' ? [Math.floor(n / items), n % items] : [n % users, Math.floor(n / users)];
      return view(user + 1, item + 1);
    });
  const add = async (
    rows: readonly KnownInteraction[],
    { rowsPerTransaction = 7, onAdded = (_rows: number) => {} } = {},
    dataset = 'small',
  ) => addInteractions(db.pool, dataset, await sorted(rows), onAdded, rowsPerTransaction);
  const stored = () => db.database.interaction.findMany({ orderBy: { id: 'asc' } });
  /** The stored items of each user, in the order of IDs. */
  const histories = async () => itemsOf(await stored());
  const counted = async () => {
    const { _sum } = await db.database.itemPopularity.aggregate({ _sum: { interactions: true, positives: true } });
    return _sum;
  };

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(users, items)), { ratingScale });
    keys = await withConnection(db.pool, readCatalogKeys);
  });
  beforeEach(async () => {
    await db.pool.query('TRUNCATE interactions, item_popularity');
  });

  test.each(['by user', 'in turn'] as const)(
    'gives each user’s interactions IDs in the order of rows without times, with users %s',
    async (order) => {
      const rows = everything(order);
      for (const rowsPerTransaction of [1, 7, 50, 1000]) {
        await db.pool.query('TRUNCATE interactions, item_popularity');
        const count = await add(rows, { rowsPerTransaction });
        expect(count).toEqual({ read: rows.length, added: rows.length, changed: 0 });
        expect(await histories()).toEqual(itemsOf(rows));
      }
    },
  );

  test('gives each user’s interactions IDs in the order of their times, within and across batches', async () => {
    // 7 and 120 have no common divisor, so every time from 0 to 119 occurs once.
    const rows = everything('in turn').map((row, n) => ({ ...row, time: new Date((n * 7) % (users * items)) }));
    const expected = itemsOf(rows.toSorted((a, b) => a.time.getTime() - b.time.getTime()));
    for (const rowsPerTransaction of [1, 7, 1000]) {
      await db.pool.query('TRUNCATE interactions, item_popularity');
      await add(rows, { rowsPerTransaction });
      expect(await histories()).toEqual(expected);
    }
  });

  test('orders interactions of the same time like their rows, and those without a time last', async () => {
    const rows = [view(1, 1), view(1, 2, 50), view(1, 3, 50), view(1, 4, 10), view(1, 5), view(1, 6, 50)];
    await add(rows);
    expect(await histories()).toEqual(itemsOf([4, 2, 3, 6, 1, 5].map((item) => view(1, item))));
  });

  test('stores times from the year 1 to 9999 to the millisecond', async () => {
    const times = [
      '0001-01-01T00:00:00.000Z',
      '1969-12-31T23:59:59.999Z',
      '2024-02-29T12:34:56.789Z',
      '9999-12-31T23:59:59.999Z',
    ];
    const rows = times.map((time, item) => view(1, item + 1, Date.parse(time)));
    await add(rows);
    expect((await stored()).map(({ occurredAt }) => occurredAt.toISOString())).toEqual(times);
    expect(await add(rows)).toMatchObject({ added: 0 });
  });

  test('stores every column, and the present as the time of a row without one', async () => {
    const scenario = await db.database.scenario.create({ data: { externalId: 'all columns', title: 'All' } });
    const rows = [
      { ...view(1, 1, 5), scenarioId: scenario.id, type: 'IMPRESSION', value: 0.1 },
      { ...view(1, 2, 6), type: 'RATE', value: -1e12 },
      view(1, 3),
    ];
    const dataset = 'Läden\t✓';
    const before = Date.now();
    await add(rows, {}, dataset);
    const all = await stored();
    expect(all).toMatchObject(rows.map(({ time: _, ...row }) => ({ ...row, dataset })));
    expect(all.slice(0, 2).map(({ occurredAt }) => occurredAt.getTime())).toEqual([5, 6]);
    const present = all[2]!.occurredAt.getTime();
    expect(present).toBeGreaterThanOrEqual(before);
    expect(present).toBeLessThanOrEqual(Date.now());
  });

  test('stores as many of the same interaction as there are rows, and nothing when they come again', async () => {
    const rows = [view(1, 1, 5), view(1, 1, 5), view(1, 1, 6), view(2, 1), view(2, 1), view(2, 1), view(1, 2, 5)];
    for (const rowsPerTransaction of [1, 2, 100]) {
      await db.pool.query('TRUNCATE interactions, item_popularity');
      expect(await add(rows, { rowsPerTransaction })).toEqual({ read: 7, added: 7, changed: 0 });
      expect(await add(rows.toReversed(), { rowsPerTransaction })).toEqual({ read: 7, added: 0, changed: 0 });
      expect(await add([...rows, view(2, 1), view(1, 1, 5), view(1, 1, 7)], { rowsPerTransaction })).toEqual({
        read: 10,
        added: 3,
        changed: 0,
      });
      expect(await counted()).toEqual({ interactions: 10, positives: 3 });
    }
  });

  test('tells rows with and without a time apart', async () => {
    const timed = [view(1, 1, 5), view(1, 1, 6)];
    for (const rowsPerTransaction of [1, 100]) {
      await db.pool.query('TRUNCATE interactions, item_popularity');
      await add([view(2, 1)], { rowsPerTransaction });
      // The row without a time is the one that is stored, although the other row comes first.
      expect(await add([view(2, 1), view(2, 1, 5)], { rowsPerTransaction })).toMatchObject({ added: 1 });
      await add(timed, { rowsPerTransaction });
      // Two rows without a time can be those that are stored. A third cannot.
      expect(await add([view(1, 1), view(1, 1), view(1, 1)], { rowsPerTransaction })).toMatchObject({ added: 1 });
      const all = [view(1, 1), ...timed];
      expect(await add(all, { rowsPerTransaction })).toMatchObject({ added: 0 });
      expect(await add([...all, view(1, 1)], { rowsPerTransaction })).toMatchObject({ added: 1 });
    }
  });

  test('stores the same row of another dataset, and another type or value of the same items', async () => {
    const rate = (value: number | null) => ({ ...view(1, 1), type: 'RATE' as const, value });
    const rows = [
      view(1, 1),
      rate(2),
      rate(2.5),
      { ...view(1, 1), value: 2 },
      { ...view(1, 1), type: 'CLICK' as const },
    ];
    expect(await add(rows)).toEqual({ read: 5, added: 5, changed: 0 });
    expect(await add(rows, {}, 'other')).toEqual({ read: 5, added: 5, changed: 0 });
    expect(await add(rows)).toEqual({ read: 5, added: 0, changed: 0 });
    expect(await counted()).toEqual({ interactions: 10, positives: 2 });
  });

  test.each([1, 7, 50])(
    'has stored complete batches of %i rows when it is interrupted, and adds the rest later',
    async (rowsPerTransaction) => {
      const rows = everything('in turn').flatMap((row, n) => {
        const time = new Date((n * 7) % (users * items));
        return [
          { ...row, time },
          { ...row, time },
        ];
      });
      const interrupted = add(rows, {
        rowsPerTransaction,
        onAdded(read) {
          if (read >= rows.length / 2) throw new Error('interrupted');
        },
      });
      await expect(interrupted).rejects.toThrow('interrupted');
      const expected = itemsOf(rows.toSorted((a, b) => a.time.getTime() - b.time.getTime()));
      const before = await histories();
      // Every user's interactions from the first on, without a gap.
      for (const [user, history] of before) expect(history).toEqual(expected.get(user)!.slice(0, history.length));
      const count = (await stored()).length;
      expect(count).toBeGreaterThanOrEqual(rowsPerTransaction);
      expect(count).toBeLessThan(rows.length);
      expect(await add(rows, { rowsPerTransaction })).toMatchObject({ added: rows.length - count });
      expect(await histories()).toEqual(expected);
      expect(await counted()).toEqual({ interactions: rows.length, positives: users * items });
    },
  );

  test('counts what would be added, without adding it', async () => {
    const rows = [view(1, 1, 5), view(1, 1, 5), view(2, 1), view(2, 2)];
    const counted = async () =>
      withConnection(db.pool, async (client) => countInteractions(client, 'small', await sorted(rows), () => {}));
    expect(await counted()).toEqual({ read: 4, added: 4, changed: 0 });
    await add([view(1, 1, 5), view(2, 2)]);
    expect(await counted()).toEqual({ read: 4, added: 2, changed: 0 });
    expect(await stored()).toHaveLength(2);
  });

  test('keeps the IDs of a user growing while clients record', async () => {
    const rows = Array.from({ length: 6000 }, (_, n) => view(1 + (n % users), 1 + (n % items), 10_000 - n));
    let loading = true;
    const load = add(rows, { rowsPerTransaction: 100 }).finally(() => {
      loading = false;
    });
    const recorded: bigint[] = [];
    while (loading) {
      const { interaction } = await recordInteraction(db.pool, ratingScale, {
        userId: 'u1',
        itemId: 'i1',
        type: 'CLICK',
      });
      const { rows: visible } = await db.pool.query<{ last: string }>(
        'SELECT max(id) AS last FROM interactions WHERE user_id = $1',
        [interaction.userId],
      );
      // What the load stored before has lower IDs, and what it stores later has higher ones.
      expect(BigInt(visible[0]!.last)).toBeGreaterThanOrEqual(interaction.id);
      const { rows: earlier } = await db.pool.query<{ count: string }>(
        'SELECT count(*) FROM interactions WHERE user_id = $1 AND id < $2',
        [interaction.userId, interaction.id],
      );
      recorded.push(interaction.id, BigInt(earlier[0]!.count));
    }
    await load;
    const own = (await stored()).filter(({ userId }) => userId === keys.users.get('u1'));
    for (let index = 0; index < recorded.length; index += 2) {
      // Nothing came before a recorded interaction after it could be read.
      expect(own.findIndex(({ id }) => id === recorded[index])).toBe(Number(recorded[index + 1]));
    }
    const loaded = own.filter(({ type }) => type === 'VIEW').map(({ occurredAt }) => occurredAt.getTime());
    expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
    expect(loaded).toHaveLength(1000);
  });

  test('leaves out the interactions of users and items that were deleted, and scenarios that were', async () => {
    const scenarios = [{ id: 's', title: 'S', items: [] }];
    const catalog = { ...smallCatalog(users + 1, items + 1), scenarios };
    await loadDataset(db.pool, smallDataset(catalog), { ratingScale });
    const withMore = await withConnection(db.pool, readCatalogKeys);
    const lost = {
      userId: withMore.users.get(`u${users + 1}`)!,
      itemId: withMore.items.get(`i${items + 1}`)!,
      scenarioId: withMore.scenarios.get('s')!,
    };
    await db.database.user.delete({ where: { id: lost.userId } });
    await db.database.item.delete({ where: { id: lost.itemId } });
    await db.database.scenario.delete({ where: { id: lost.scenarioId } });
    const rows = [
      view(1, 1),
      { ...view(1, 2), userId: lost.userId },
      { ...view(1, 3), itemId: lost.itemId },
      { ...view(2, 2), scenarioId: lost.scenarioId },
    ];
    expect(await add(rows)).toEqual({ read: 4, added: 2, changed: 0 });
    expect(await histories()).toEqual(itemsOf([view(1, 1), view(2, 2)]));
    expect((await stored()).map(({ scenarioId }) => scenarioId)).toEqual([null, null]);
  });

  describe('counts popularity', () => {
    /** The items whose stored counts differ from a recount of all interactions. */
    const wrongCounts = async () => {
      const { rows } = await db.pool.query(`
        SELECT item_id FROM item_popularity FULL JOIN (
          SELECT item_id, count(*) AS counted, count(DISTINCT (user_id, type)) FILTER (
            WHERE type IN ('VIEW', 'CART') OR (type = 'RATE' AND value >= 4) OR (type = 'PLAY' AND value >= 0.5)
          ) + count(*) FILTER (WHERE type = 'LISTEN') AS positive
          FROM interactions GROUP BY item_id
        ) AS recount USING (item_id)
        WHERE (interactions, positives) IS DISTINCT FROM (counted, positive)`);
      return rows;
    };
    const kinds = [
      ['VIEW', null],
      ['CART', 2],
      ['RATE', 3.5],
      ['RATE', 4],
      ['PLAY', 0.4],
      ['PLAY', 0.5],
      ['PLAY', null],
      ['DISLIKE', null],
      ['IMPRESSION', null],
      ['LISTEN', null],
    ] as const;
    /** Each kind of interaction, repeated for some users and items. */
    const mixed = (owners: readonly number[]) =>
      Array.from({ length: 200 }, (_, n) => {
        const [type, value] = kinds[(n * 7 + Math.floor(n / 11)) % kinds.length]!;
        return { ...view(owners[n % owners.length]!, 1 + ((n * n) % 5), n), type, value };
      });

    beforeAll(async () => {
      await db.pool.query(`INSERT INTO interaction_types (id, name, counts_once) VALUES (31, 'LISTEN', false)`);
    });

    test.each([7, 1000])(
      'of users with and without earlier interactions, in batches of %i',
      async (rowsPerTransaction) => {
        await add(mixed([1, 2]), { rowsPerTransaction });
        expect(await wrongCounts()).toEqual([]);
        await add(mixed([1, 2, 3, 4, 5, 6]), { rowsPerTransaction }, 'other');
        expect(await wrongCounts()).toEqual([]);
        expect(await stored()).toHaveLength(400);
      },
    );

    test('of users whose first interaction is recorded while a load waits for them', async () => {
      await withConnection(db.pool, async (client) => {
        await client.query(`BEGIN; SELECT FROM users WHERE external_id = 'u1' FOR NO KEY UPDATE`);
        const load = add(mixed([1, 2]), { rowsPerTransaction: 1000 });
        await eventually(async () => (await waiting()) === 1);
        await client.query(`
          INSERT INTO interactions (user_id, item_id, type)
          SELECT users.id, items.id, 'VIEW' FROM users, items WHERE users.external_id = 'u1'; COMMIT`);
        await load;
      });
      expect(await wrongCounts()).toEqual([]);
    });

    test('of items that are deleted while a batch is stored, and deletes what it has stored', async () => {
      await loadDataset(db.pool, smallDataset(smallCatalog(users, items + 2)), { ratingScale });
      const { items: known } = await withConnection(db.pool, readCatalogKeys);
      const [stored, deleted] = [items + 1, items + 2].map((item) => known.get(`i${item}`)!);
      await db.pool.query(`INSERT INTO item_popularity (item_id, interactions) SELECT unnest($1::int[]), 0`, [
        [stored, keys.items.get('i1')],
      ]);
      const deleteItem = 'DELETE FROM items WHERE id = $1';
      await withConnection(db.pool, (counting) =>
        withConnection(db.pool, async (deleting) => {
          await counting.query('BEGIN; SELECT FROM item_popularity FOR UPDATE');
          await deleting.query('BEGIN');
          await deleting.query(deleteItem, [deleted]);
          const load = add([view(1, 1), { ...view(1, 1), itemId: stored! }, { ...view(1, 1), itemId: deleted! }]);
          await eventually(async () => (await waiting()) === 1);
          await deleting.query('COMMIT');
          // The batch waits until it can count what it has stored, and the deletion waits for the batch.
          await eventually(async () => (await waiting('%add_popularity%')) === 1);
          const deletion = deleting.query(deleteItem, [stored]);
          await eventually(async () => (await waiting()) === 2);
          await counting.query('COMMIT');
          expect(await load).toMatchObject({ added: 2 });
          await deletion;
        }),
      );
      expect(await histories()).toEqual(itemsOf([view(1, 1)]));
      expect(await wrongCounts()).toEqual([]);
    });
  });

  /** How many statements like this wait for a lock. */
  const waiting = async (statement = '%') => {
    const { rows } = await db.pool.query(
      `SELECT FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1`,
      [statement],
    );
    return rows.length;
  };
});

function itemsOf(rows: readonly Pick<KnownInteraction, 'userId' | 'itemId'>[]): Map<number, number[]> {
  const histories = new Map<number, number[]>();
  for (const { userId, itemId } of rows) histories.set(userId, [...(histories.get(userId) ?? []), itemId]);
  return histories;
}

async function sorted(rows: readonly KnownInteraction[]): Promise<AsyncIterable<KnownInteraction[]>> {
  const interactions = new SortedInteractions();
  await interactions.add(rows);
  return interactions.inOrder();
}
