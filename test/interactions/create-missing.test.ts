import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Creation } from '../../src/interactions/create-missing.ts';
import { InteractionWriter } from '../../src/interactions/interaction-writer.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { recordInteractions } from '../../src/interactions/record-interactions.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };

describe('recording with createMissing', () => {
  const db = testDatabase();
  const record = (pairs: readonly [user: string, item: string][], creation?: Creation) =>
    recordInteractions(
      new InteractionWriter(db.pool),
      { ratingScale },
      pairs.map(([user, item]) => ({ user, item, type: 'VIEW' })),
      creation,
    );
  const everything = { users: true, items: true };

  beforeAll(() => loadDataset(db.pool, smallDataset(smallCatalog(2, 2)), { ratingScale }));

  test('creates users and items that are not stored, and leaves stored ones as they are', async () => {
    const before = await db.database.item.findUniqueOrThrow({ where: { externalId: 'i1' } });
    const { results, errors } = await record(
      [
        ['new user', 'new item'],
        ['u1', 'new item'],
        ['new user', 'i1'],
      ],
      everything,
    );
    expect(errors).toEqual([]);
    expect(results.map(({ recorded }) => recorded)).toEqual([true, true, true]);
    const created = { externalId: 'new item', title: 'new item', features: {}, available: true };
    expect(await db.database.item.findUnique({ where: { externalId: 'new item' } })).toMatchObject(created);
    expect(await db.database.user.findUnique({ where: { externalId: 'new user' } })).toMatchObject({ features: {} });
    expect(await db.database.item.findUnique({ where: { externalId: 'i1' } })).toEqual(before);
  });

  test('creates only users if the caller may not create items, and nothing for an interaction that is refused', async () => {
    const { errors } = await record(
      [
        ['second', 'i1'],
        ['second', 'unknown item'],
        ['third', ''],
      ],
      { users: true, items: false },
    );
    expect(errors.map(({ code }) => code)).toEqual(['ITEM_NOT_FOUND', 'BAD_USER_INPUT']);
    expect(await db.database.user.count({ where: { externalId: { in: ['second', 'third'] } } })).toBe(1);
  });

  test('creates no item beyond the maximum', async () => {
    const items = await db.database.item.count();
    const pairs: [string, string][] = [
      ['u1', 'one more'],
      ['u1', 'two more'],
    ];
    const { errors } = await record(pairs, { ...everything, maxItems: items + 1 });
    expect(errors.map(({ code }) => code)).toEqual(['ITEM_NOT_FOUND', 'ITEM_NOT_FOUND']);
    expect((await record(pairs, { ...everything, maxItems: items + 2 })).errors).toEqual([]);
  });

  test('creates a row once for concurrent batches', async () => {
    const pairs = Array.from({ length: 50 }, (_, n): [string, string] => [`busy ${n}`, `busy ${n}`]);
    const batches = await Promise.all([
      ...[pairs, pairs.toReversed(), pairs, pairs.toReversed()].map((each) => record(each, everything)),
    ]);
    expect(batches.flatMap(({ errors }) => errors)).toEqual([]);
    expect(await db.database.item.count({ where: { externalId: { startsWith: 'busy' } } })).toBe(50);
  });

  test('creates nothing if it is not asked for', async () => {
    expect((await record([['nobody', 'i1']])).errors.map(({ code }) => code)).toEqual(['USER_NOT_FOUND']);
    expect(await db.database.user.count({ where: { externalId: 'nobody' } })).toBe(0);
  });
});
