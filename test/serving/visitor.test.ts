import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import type { RecommendationTarget, Visitor } from '../../src/serving/recipient.ts';
import { type RecommendationRequest, recommend } from '../../src/serving/recommend.ts';
import { type Lists, openLists } from '../support/open-lists.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';

const ratingScale = { minimum: 1, maximum: 5 };
/** Ratings that replace earlier ones, interactions of all types, and an item with two types of interaction. */
const visitor = {
  features: { region: 'north' },
  interactions: [
    { item: 'i4', type: 'RATE', value: 5 },
    { item: 'i7', type: 'VIEW' },
    { item: 'i9', type: 'RATE', value: 2 },
    { item: 'i12', type: 'PURCHASE' },
    { item: 'i4', type: 'RATE', value: 1 },
    { item: 'i9', type: 'CLICK', value: 3 },
    { item: 'i15', type: 'CLICK' },
  ],
} satisfies Visitor;

describe('a visitor', () => {
  const db = testDatabase();
  let service: Lists;

  const ask = async (target: RecommendationTarget, rest: Partial<RecommendationRequest> = {}) => {
    const page = await recommend(await service.session(), { for: target, first: 100, ...rest });
    return page.recommendations.map(({ cursor, ...recommendation }) => recommendation);
  };
  const nextPage = async (target: RecommendationTarget, first: number, after?: string) =>
    recommend(await service.session(), { for: target, first, after });
  const storedTables = async () => {
    const names = await db.pool.query<{ name: string }>(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1",
    );
    const contents = names.rows.map(async ({ name }) => {
      const { rows } = await db.pool.query(
        `SELECT md5(coalesce(string_agg(xmin::text || ctid::text || row::text, ',' ORDER BY row::text), '')) AS content FROM "${name}" AS row`,
      );
      return [name, rows[0].content];
    });
    return Object.fromEntries(await Promise.all(contents));
  };

  beforeAll(async () => {
    const scenarios = [{ id: 's1', title: 'Evens', items: ['i2', 'i4', 'i6', 'i8', 'i10', 'i12', 'i14'] }];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(9, 30), scenarios }), { ratingScale });
    const engine = await openEngine('wasm');
    service = await openLists(db, engine);
    await recordInteraction(db.pool, ratingScale, { userId: 'u2', itemId: 'i6', type: 'CLICK' });
    await recordInteraction(db.pool, ratingScale, { userId: 'u3', itemId: 'i7', type: 'CLICK' });
    // A minute apart: interactions with equal times would keep the order in which they were recorded.
    for (const [at, { item, ...what }] of visitor.interactions.entries()) {
      const occurredAt = new Date(Date.UTC(2026, 0, 1, 12, at));
      await recordInteraction(db.pool, ratingScale, { userId: 'u1', itemId: item, ...what, occurredAt });
    }
  });
  afterAll(() => service.close());

  test('gets popular items without a model, except those of any interaction', async () => {
    const listed = await ask({ visitor });
    expect(listed).toEqual(await ask({ user: 'u1' }));
    expect(listed).toHaveLength(30 - 5);
  });

  describe.each(['labels', 'positives', 'positivesAndNegatives', 'feedback'] as const)(
    'with a model of %s',
    (support) => {
      beforeAll(async () => {
        await serveUntrainedModel(db.database, 3, { support });
      });

      test('gets bit for bit the list of a stored user with the same features and interactions', async () => {
        const listed = await ask({ visitor });
        expect(listed).toEqual(await ask({ user: 'u1' }));
        expect(listed).toHaveLength(30 - 3);
        expect(new Set(listed.map(({ modelVersionId }) => modelVersionId))).not.toContain(null);
        expect(await ask({ visitor }, { scenario: 's1' })).toEqual(await ask({ user: 'u1' }, { scenario: 's1' }));
        expect(await ask({ visitor }, { includeSeen: true })).toEqual(await ask({ user: 'u1' }, { includeSeen: true }));
      });

      test('gets the history of the stored user in order and with types', async () => {
        const session = await service.session();
        const [ofVisitor, ofUser] = await Promise.all([
          session.recipient({ visitor }),
          session.recipient({ user: 'u1' }),
        ]);
        const { times, ...rest } = ofUser.history;
        expect(ofVisitor.history).toEqual(rest);
        // With their times, in any order, and with an item that is not stored.
        const timed = visitor.interactions.map((interaction, at) => ({
          ...interaction,
          occurredAt: new Date((times as readonly number[])[at] as number),
        }));
        const unknown = { item: 'nothing', type: 'VIEW', occurredAt: new Date() };
        const later = await session.recipient({ visitor: { ...visitor, interactions: [...timed.reverse(), unknown] } });
        expect(later.history).toEqual(ofUser.history);
      });

      test('gets other scores with other features or other interactions', async () => {
        const scores = async (target: Visitor) => (await ask({ visitor: target })).map(({ score }) => score);
        const own = await scores(visitor);
        expect(await scores({ ...visitor, features: { region: 'south' } })).not.toEqual(own);
        expect(await scores({ ...visitor, interactions: visitor.interactions.slice(0, -3) })).not.toEqual(own);
      });
    },
  );

  test('gets the same list as a stored user in a scenario with a scenario model', async () => {
    const version = await serveUntrainedModel(db.database, 5, {
      taskKind: 'SCENARIO',
      support: 'positivesAndNegatives',
    });
    const listed = await ask({ visitor }, { scenario: 's1' });
    expect(listed).toEqual(await ask({ user: 'u1' }, { scenario: 's1' }));
    expect(listed[0]?.modelVersionId).toBe(version);
  });

  test('without interactions gets popular items, but the scenario model’s list in a scenario', async () => {
    expect((await ask({ visitor: {} }))[0]).toMatchObject({ reason: 'POPULAR', modelVersionId: null });
    expect((await ask({ visitor: {} }, { scenario: 's1' }))[0]?.modelVersionId).not.toBeNull();
  });

  test('pages through one list while other users interact', async () => {
    const whole = (await ask({ visitor })).map(({ itemId }) => itemId);
    const first = await nextPage({ visitor }, 10);
    await recordInteraction(db.pool, ratingScale, { userId: 'u5', itemId: 'i20', type: 'CLICK' });
    await serveUntrainedModel(db.database, 8);
    const second = await nextPage({ visitor }, 100, first.recommendations.at(-1)?.cursor);
    const paged = [...first.recommendations, ...second.recommendations].map(({ itemId }) => itemId);
    expect(paged).toEqual(whole);
  });

  test('cannot continue the list of a visitor with other interactions, or of a user', async () => {
    const cursor = (await nextPage({ visitor }, 3)).recommendations[0]?.cursor;
    const others = [
      { visitor: { ...visitor, interactions: visitor.interactions.slice(1) } },
      { visitor: { ...visitor, features: {} } },
      { user: 'u1' },
    ];
    for (const other of others)
      await expect(nextPage(other, 3, cursor)).rejects.toMatchObject({
        code: 'INVALID_CURSOR',
        message: expect.stringContaining('different "for"'),
      });
  });

  test('gets the list without the interactions whose items are unknown, and learns which these are', async () => {
    const strange = ['gone', 'never'].map((item) => ({ item, type: 'VIEW' }) as const);
    const interactions = [strange[0]!, ...visitor.interactions, strange[1]!, strange[0]!];
    const page = await nextPage({ visitor: { ...visitor, interactions } }, 100);
    const usual = await nextPage({ visitor }, 100);
    const scoresOf = ({ recommendations }: typeof page) => recommendations.map(({ itemId, score }) => [itemId, score]);
    expect(scoresOf(page)).toEqual(scoresOf(usual));
    expect([page.unknownItems, usual.unknownItems]).toEqual([['gone', 'never'], []]);
  });

  test('is not stored in any table', async () => {
    const before = await storedTables();
    await ask({ visitor });
    await ask({ visitor }, { scenario: 's1' });
    expect(await storedTables()).toEqual(before);
    expect(Object.keys(before)).toEqual(expect.arrayContaining(['users', 'interactions', 'item_popularity']));
    await recordInteraction(db.pool, ratingScale, { userId: 'u5', itemId: 'i21', type: 'CLICK' });
    expect(await storedTables()).not.toEqual(before);
  });

  describe('is refused', () => {
    const many = Array.from({ length: 101 }, () => ({ item: 'i1', type: 'VIEW' }) as const);
    test.each<[string, Visitor, string, string]>([
      [
        'with an empty item ID',
        { interactions: [{ item: '', type: 'VIEW' }] },
        'BAD_USER_INPUT',
        'for.visitor.interactions.0.item',
      ],
      [
        'with an item ID that cannot be stored',
        { interactions: [{ item: 'a\0', type: 'VIEW' }] },
        'BAD_USER_INPUT',
        'for.visitor.interactions.0.item',
      ],
      [
        'with a rating outside the scale',
        { interactions: [{ item: 'i1', type: 'RATE', value: 5.5 }] },
        'BAD_USER_INPUT',
        'for.visitor.interactions.0.value',
      ],
      [
        'with a rating without a value',
        { interactions: [{ item: 'i1', type: 'RATE' }] },
        'BAD_USER_INPUT',
        'for.visitor.interactions.0.value',
      ],
      [
        'with a value that is not a number',
        { interactions: [{ item: 'i1', type: 'VIEW', value: Infinity }] },
        'BAD_USER_INPUT',
        'for.visitor.interactions.0.value',
      ],
      ['with more than 100 interactions', { interactions: many }, 'BAD_USER_INPUT', 'at most 100, got 101'],
      ['with a feature that is not declared', { features: { shoe: 'large' } }, 'BAD_USER_INPUT', '"shoe"'],
      ['with a feature of another kind', { features: { region: 3 } }, 'BAD_USER_INPUT', '"region"'],
      ['with an id among the features', { features: { id: 'u1' } }, 'BAD_USER_INPUT', '"id"'],
    ])('%s', async (_what, target, code, named) => {
      await expect(ask({ visitor: target })).rejects.toMatchObject({
        code,
        message: expect.stringContaining(named),
      });
    });
  });
});
