import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { addInteractions } from '../../src/interactions/bulk-interactions.ts';
import { type CatalogKeys, type KnownInteraction, readCatalogKeys } from '../../src/interactions/known-interactions.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { withConnection } from '../../src/store/transaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const [users, items] = [6, 20];

describe('addInteractions', () => {
  const db = testDatabase();
  let keys: CatalogKeys;
  const view = (user: number, item: number): KnownInteraction => ({
    userId: keys.users.get(`u${user}`) as number,
    itemId: keys.items.get(`i${item}`) as number,
    type: 'VIEW',
    value: null,
    time: null,
  });
  /** Every user with every item: one user after another, or all users in turn. */
  const everything = (order: 'by user' | 'in turn') =>
    Array.from({ length: users * items }, (_, n) => {
      const [user, item] =
        order === 'by user' ? [Math.floor(n / items), n % items] : [n % users, Math.floor(n / users)];
      return view(user + 1, item + 1);
    });
  const add = (rows: readonly KnownInteraction[], rowsPerTransaction = 7, until = rows.length) =>
    addInteractions(db.pool, 'small', inGroups(rows, until), () => {}, rowsPerTransaction);
  const stored = async () =>
    (await db.database.interaction.findMany({ orderBy: { id: 'asc' } })).map(({ userId, itemId }) => ({
      userId,
      itemId,
    }));
  const pairs = (rows: readonly KnownInteraction[]) => rows.map(({ userId, itemId }) => ({ userId, itemId }));

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(users, items)), { ratingScale: { minimum: 1, maximum: 5 } });
    keys = await withConnection(db.pool, readCatalogKeys);
  });
  beforeEach(async () => {
    await db.pool.query('TRUNCATE interactions, item_popularity');
  });

  test.each(['by user', 'in turn'] as const)('gives IDs in the order of a dataset that has users %s', async (order) => {
    const rows = everything(order);
    for (const rowsPerTransaction of [1, 7, 50, 1000]) {
      await db.pool.query('TRUNCATE interactions, item_popularity');
      expect(await add(rows, rowsPerTransaction)).toEqual({ read: rows.length, added: rows.length, changed: 0 });
      expect(await stored()).toEqual(pairs(rows));
    }
  });

  test.each(['by user', 'in turn'] as const)('stores a row that is repeated once, with users %s', async (order) => {
    const rows = everything(order);
    expect(await add([...rows, ...rows.slice(0, 30), ...rows])).toMatchObject({
      read: 2 * rows.length + 30,
      added: rows.length,
    });
    expect(await add(rows.toReversed())).toEqual({ read: rows.length, added: 0, changed: 0 });
    expect(await stored()).toEqual(pairs(rows));
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
    expect(await add([...rows, ...rows])).toEqual({ read: 10, added: 5, changed: 0 });
    const other = addInteractions(db.pool, 'other', inGroups(rows, rows.length), () => {});
    expect(await other).toEqual({ read: 5, added: 5, changed: 0 });
    expect(await add(rows)).toEqual({ read: 5, added: 0, changed: 0 });
  });

  test.each(['by user', 'in turn'] as const)(
    'has stored complete batches when it is interrupted, and adds the rest later, with users %s',
    async (order) => {
      const rows = everything(order);
      await expect(add(rows, 7, 60)).rejects.toThrow('interrupted');
      const before = await stored();
      // Every user's interactions from the first on, without a gap.
      expect(before.length).toBeGreaterThanOrEqual(60 - 2 * 7);
      expect(before).toEqual(pairs(rows.slice(0, before.length)));
      expect(await add(rows)).toEqual({ read: rows.length, added: rows.length - before.length, changed: 0 });
      expect(await stored()).toEqual(pairs(rows));
      const { _sum: counted } = await db.database.itemPopularity.aggregate({ _sum: { interactions: true } });
      expect(counted.interactions).toBe(rows.length);
    },
  );

  test('leaves out the interactions of users and items that were deleted after it has read their IDs', async () => {
    const catalog = smallCatalog(users + 1, items + 1);
    await loadDataset(db.pool, smallDataset(catalog), { ratingScale: { minimum: 1, maximum: 5 } });
    const withMore = await withConnection(db.pool, readCatalogKeys);
    const lost = {
      userId: withMore.users.get(`u${users + 1}`) as number,
      itemId: withMore.items.get(`i${items + 1}`) as number,
    };
    await db.database.user.delete({ where: { id: lost.userId } });
    await db.database.item.delete({ where: { id: lost.itemId } });
    const rows = [
      view(1, 1),
      { ...view(1, 2), userId: lost.userId },
      { ...view(1, 3), itemId: lost.itemId },
      view(2, 2),
    ];
    expect(await add(rows)).toEqual({ read: 4, added: 2, changed: 0 });
    expect(await stored()).toEqual(pairs([view(1, 1), view(2, 2)]));
  });
});

/** Yields groups of 5 rows, and throws an error instead of the row `until`. */
async function* inGroups(rows: readonly KnownInteraction[], until: number): AsyncGenerator<KnownInteraction[]> {
  for (let start = 0; start < until; start += 5) yield rows.slice(start, Math.min(start + 5, until));
  if (until < rows.length) throw new Error('interrupted');
}
