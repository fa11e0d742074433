import { beforeAll, describe, expect, test } from '@jest/globals';
import type { InteractionInput } from '../../src/interactions/check-interaction.ts';
import type { Creation } from '../../src/interactions/create-missing.ts';
import { InteractionWriter } from '../../src/interactions/interaction-writer.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { recordInteractions } from '../../src/interactions/record-interactions.ts';
import { countStatements } from '../support/count-statements.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };

describe('recording with createMissing', () => {
  const db = testDatabase();
  const recordAll = (inputs: readonly Omit<InteractionInput, 'type'>[], creation?: Creation) =>
    recordInteractions(
      new InteractionWriter(db.pool),
      { ratingScale },
      inputs.map((input) => ({ ...input, type: 'VIEW' })),
      creation,
    );
  const record = (pairs: readonly [user: string, item: string][], creation?: Creation) =>
    recordAll(
      pairs.map(([user, item]) => ({ user, item })),
      creation,
    );
  /** The IDs of all users and items that begin with this. */
  const stored = async (start: string) => {
    const select = (table: string) => `SELECT external_id AS id FROM ${table} WHERE starts_with(external_id, $1)`;
    const { rows } = await db.pool.query(`${select('users')} UNION ALL ${select('items')} ORDER BY id`, [start]);
    return rows.map(({ id }) => id);
  };
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
        ['fourth', 'unknown item'],
      ],
      { users: true, items: false },
    );
    expect(errors.map(({ code }) => code)).toEqual(['ITEM_NOT_FOUND', 'BAD_USER_INPUT', 'ITEM_NOT_FOUND']);
    expect(await db.database.user.count({ where: { externalId: { in: ['second', 'third', 'fourth'] } } })).toBe(1);
  });

  test('creates nothing for an interaction with a scenario that is not stored', async () => {
    const { errors } = await recordAll(
      [
        { user: 'lost user', item: 'lost item', scenario: 'typo' },
        { user: 'lost user 2', item: 'lost item 2', scenario: null },
      ],
      everything,
    );
    expect(errors.map(({ code }) => code)).toEqual(['SCENARIO_NOT_FOUND']);
    expect(await stored('lost')).toEqual(['lost item 2', 'lost user 2']);
  });

  test('creates nothing for an interaction whose idempotency key was used for another one', async () => {
    const [user, idempotencyKey] = ['key user', 'used'];
    await recordAll([{ user, idempotencyKey, item: 'i1' }], everything);
    const later = await recordAll([{ user, idempotencyKey, item: 'key item' }], everything);
    const inOneBatch = await recordAll(
      [
        { user: 'key user 2', idempotencyKey, item: 'key item 2' },
        { user: 'key user 2', idempotencyKey, item: 'key item 3' },
        { user: 'key user 2', idempotencyKey, item: 'key item 2' },
      ],
      everything,
    );
    expect([later, inOneBatch].map(({ errors }) => errors.map(({ code }) => code))).toEqual([
      ['IDEMPOTENCY_CONFLICT'],
      ['IDEMPOTENCY_CONFLICT'],
    ]);
    expect(inOneBatch.results.map(({ recorded }) => recorded)).toEqual([true, false, false]);
    expect(await stored('key')).toEqual(['key item 2', 'key user', 'key user 2']);
  });

  test('runs two statements if nothing is missing', async () => {
    expect(await countStatements(() => record([['u1', 'i1']], everything))).toBe(2);
  });

  test('creates no item beyond the maximum', async () => {
    const items = await db.database.item.count();
    const pairs: [string, string][] = [
      ['u1', 'one more'],
      ['u1', 'two more'],
    ];
    const { errors } = await record(pairs, { ...everything, maxItems: items + 1 });
    expect(errors.map(({ code }) => code)).toEqual(['ITEM_NOT_FOUND', 'ITEM_NOT_FOUND']);
    await record(
      [
        ['nobody yet', 'one more'],
        ['nobody yet', 'two more'],
      ],
      { ...everything, maxItems: items + 1 },
    );
    expect(await stored('nobody')).toEqual([]);
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
