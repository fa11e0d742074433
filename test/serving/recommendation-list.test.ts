import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { type RecommendationRequest, recommend } from '../../src/serving/recommend.ts';
import { externalIds } from '../support/external-ids.ts';
import { type Lists, openLists } from '../support/open-lists.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const rare = ['i3', 'i17', 'i29', 'i44', 'i58'];
/** Of the 60 items in the catalog, 18 popular ones and 2 new ones are scored. */
const candidates = 20;

describe('a list of recommendations', () => {
  const db = testDatabase();
  let service: Lists;

  const page = async (rest: Partial<RecommendationRequest> = {}) =>
    recommend(await service.session(), { for: { user: 'u1' }, first: 100, ...rest });
  const listed = async (rest: Partial<RecommendationRequest> = {}) =>
    externalIds(db.database, (await page(rest)).recommendations);
  const click = (userId: string, itemId: string) =>
    recordInteraction(db.pool, ratingScale, { userId, itemId, type: 'CLICK' });
  const genres = (...among: string[]) => ({ features: [{ feature: 'genres', in: among }] });

  beforeAll(async () => {
    const { users, items } = smallCatalog(9, 60);
    const withRare = items.map((item) =>
      rare.includes(item.id) ? { ...item, features: { ...item.features, genres: ['rare'] } } : item,
    );
    await loadDataset(db.pool, smallDataset({ users, items: withRare }), { ratingScale });
    const engine = await openEngine('wasm');
    service = await openLists(db, engine, { candidates });
    for (const [itemId, value] of [
      ['i31', 5],
      ['i32', 1],
    ] as const)
      await recordInteraction(db.pool, ratingScale, { userId: 'u1', itemId, type: 'RATE', value });
    // The lower the number, the more popular the item. No rare item is among the most popular.
    for (let item = 1; item <= 24; item++) {
      if (rare.includes(`i${item}`)) continue;
      for (const user of ['u2', 'u3'].slice(0, item < 8 ? 2 : 1)) await click(user, `i${item}`);
    }
  });
  afterAll(() => service.close());

  describe.each([
    ['of a model', 7],
    ['of popular items', null],
  ] as const)('%s', (_what, seed) => {
    beforeAll(async () => {
      if (seed !== null) await serveUntrainedModel(db.database, seed);
      else await db.database.activeModel.deleteMany();
    });

    test('has all items of a rare genre, although few of them would be candidates without the filter', async () => {
      const all = await listed();
      expect(rare.every((item) => all.includes(item))).toBe(seed === null);
      expect((await listed({ filter: genres('rare') })).toSorted()).toEqual(rare.toSorted());
    });

    test('has only items that pass all conditions, for each kind of feature', async () => {
      const filter = {
        features: [
          { feature: 'length', atLeast: 10, atMost: 40 },
          { feature: 'genres', notIn: ['odd', 'rare'] },
        ],
      };
      const expected = Array.from({ length: 60 }, (_, index) => index + 1)
        .filter((n) => n >= 10 && n <= 40 && n % 2 === 0 && !rare.includes(`i${n}`) && n !== 32)
        .map((n) => `i${n}`);
      expect((await listed({ filter })).toSorted()).toEqual(expected.toSorted());
    });

    test('has unavailable items on request', async () => {
      const where = { externalId: { in: rare } };
      await db.database.item.updateMany({ where, data: { available: false } });
      expect(await listed({ filter: genres('rare') })).toEqual([]);
      const all = await listed({ filter: { ...genres('rare'), includeUnavailable: true } });
      await db.database.item.updateMany({ where, data: { available: true } });
      expect(all.toSorted()).toEqual(rare.toSorted());
    });

    test('leaves out excluded items and fills their places', async () => {
      const whole = await listed({ first: 5 });
      const exclude = [...whole.slice(0, 2), 'unknown', '', 'a\0b', 'x'.repeat(300)];
      const rest = await listed({ first: 100, exclude });
      for (const item of whole.slice(0, 2)) expect(rest).not.toContain(item);
      // Other items take their places among the candidates.
      expect(rest.filter((item) => whole.includes(item))).toEqual(whole.slice(2));
      if (seed !== null) expect(rest).toHaveLength(candidates);
    });

    test('has rated items on request', async () => {
      const filter = { features: [{ feature: 'length', atLeast: 31, atMost: 33 }] };
      expect(await listed({ filter })).toEqual(['i33']);
      expect((await listed({ filter, includeSeen: true })).toSorted()).toEqual(['i31', 'i32', 'i33']);
    });

    test('continues page by page with a filter and exclusions', async () => {
      const choice = { filter: genres('even'), exclude: ['i2'] };
      const whole = await listed(choice);
      const first = await page({ ...choice, first: 4 });
      const after = first.recommendations.at(-1)?.cursor;
      // The same filter, written differently.
      const same = {
        filter: { ...genres('even', 'even'), includeUnavailable: false },
        exclude: ['i2', 'i2'],
      };
      expect(await listed({ ...same, filter: choice.filter, after })).toEqual(whole.slice(4));
    });

    test.each<[string, Partial<RecommendationRequest>]>([
      ['filter', { filter: genres('odd') }],
      ['filter', { filter: { includeUnavailable: true } }],
      ['exclude', { exclude: ['i9'] }],
      ['includeSeen', { includeSeen: true }],
      ['for', { for: { user: 'u2' } }],
    ])('refuses a cursor of a list with a different %s and names it', async (argument, other) => {
      const cursor = (await page({ first: 1 })).recommendations[0]?.cursor;
      await expect(page({ ...other, after: cursor })).rejects.toMatchObject({
        code: 'INVALID_CURSOR',
        message: expect.stringContaining(`different "${argument}";`),
      });
    });
  });

  test.each<[string, Partial<RecommendationRequest>, string]>([
    ['more than 1,000 exclusions', { exclude: Array.from({ length: 1001 }, (_, n) => `i${n}`) }, 'exclude'],
    [
      'a filter by an undeclared feature',
      { filter: { features: [{ feature: 'x', in: ['y'] }] } },
      'filter.features.0.feature',
    ],
    [
      'a filter that contradicts the kind of feature',
      { filter: { features: [{ feature: 'length', in: ['y'] }] } },
      'filter.features.0',
    ],
    ['an empty user id', { for: { user: '' } }, 'for.user'],
    ['an empty scenario id', { scenario: '' }, 'scenario'],
  ])('refuses %s', async (_what, choice, named) => {
    await expect(page(choice)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining(`${named}:`),
    });
  });

  describe.each(['labels', 'positivesAndNegatives'] as const)('of a model of %s', (support) => {
    /** Changes that can happen while a client reads the pages. */
    const meanwhile: Record<string, () => Promise<unknown>> = {
      'items come': () =>
        db.database.item.createMany({
          data: Array.from({ length: 40 }, (_, n) => ({ externalId: `${support} ${n}`, title: 'New' })),
        }),
      'unpopular items become the most popular': async () => {
        for (let item = 40; item < 58; item++)
          for (const user of ['u5', 'u6', 'u7', 'u8']) await click(user, `i${item}`);
      },
      'an item that is not in it becomes unavailable': () =>
        db.database.item.update({ where: { externalId: 'i39' }, data: { available: false } }),
      'another model is promoted': () => serveUntrainedModel(db.database, 99),
      'the user rates another item': () =>
        recordInteraction(db.pool, ratingScale, { userId: 'u1', itemId: 'i30', type: 'RATE', value: 2 }),
    };

    test.each(Object.keys(meanwhile))('neither repeats, skips nor moves an item while %s', async (event) => {
      await serveUntrainedModel(db.database, 11, { support });
      const whole = await page();
      const first = await page({ first: 5 });
      await meanwhile[event]?.();
      const second = await page({ first: 5, after: first.recommendations.at(-1)?.cursor });
      const third = await page({ after: second.recommendations.at(-1)?.cursor });
      const paged = [...first.recommendations, ...second.recommendations, ...third.recommendations];
      const places = new Map(paged.map(({ itemId }, place) => [itemId, place]));
      expect(places.size).toBe(paged.length);
      const kept = paged.filter(({ itemId }) => whole.recommendations.some((item) => item.itemId === itemId));
      expect(kept.map(({ itemId, score }) => [itemId, score])).toEqual(
        whole.recommendations.map(({ itemId, score }) => [itemId, score]),
      );
    });

    test('continues after an item that has become unavailable or has changed', async () => {
      await serveUntrainedModel(db.database, 12, { support });
      const whole = await page();
      const first = await page({ first: 5 });
      const last = first.recommendations[4];
      const rest = whole.recommendations.slice(5).map(({ itemId }) => itemId);
      await db.database.item.update({ where: { id: last?.itemId as number }, data: { available: false } });
      const gone = await page({ after: last?.cursor });
      await db.database.item.update({
        where: { id: last?.itemId as number },
        data: { available: true, features: { genres: ['rare'], length: 1000 } },
      });
      const changed = await page({ after: last?.cursor });
      for (const after of [gone, changed]) {
        const ids = after.recommendations.map(({ itemId }) => itemId);
        expect(ids.filter((id) => rest.includes(id))).toEqual(rest);
        expect(ids).not.toContain(last?.itemId);
      }
    });
  });
});
