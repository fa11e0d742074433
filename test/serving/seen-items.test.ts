import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { whyNot } from '../../src/explanation/why-not.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { fillShelves } from '../../src/serving/fill-shelves.ts';
import type { RecommendationTarget } from '../../src/serving/recipient.ts';
import { type RecommendationRequest, recommend } from '../../src/serving/recommend.ts';
import type { SeenBy } from '../../src/serving/seen-items.ts';
import { externalIds } from '../support/external-ids.ts';
import { type Lists, openLists } from '../support/open-lists.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';

const ratingScale = { minimum: 1, maximum: 5 };
/** One item for each type of interaction. */
const interactions = [
  { item: 'i1', type: 'RATE', value: 5 },
  { item: 'i2', type: 'VIEW' },
  { item: 'i3', type: 'CLICK' },
  { item: 'i4', type: 'PURCHASE' },
] as const;

describe('items that count as seen', () => {
  const db = testDatabase();
  let engine: Engine;
  let service: Lists;
  const serviceWith = (seenBy?: SeenBy) => openLists(db, engine, { seenBy });
  const targets: readonly RecommendationTarget[] = [{ user: 'u1' }, { visitor: { interactions } }];

  const page = async (rest: Partial<RecommendationRequest> = {}, by = service) =>
    recommend(await by.session(), { for: { user: 'u1' }, first: 100, ...rest });
  const listed = async (rest?: Partial<RecommendationRequest>, by?: Lists) =>
    externalIds(db.database, (await page(rest, by)).recommendations);
  /** The items of the recipient's interactions that are not in the list. */
  const hidden = async (rest?: Partial<RecommendationRequest>, by?: Lists) => {
    const items = await listed(rest, by);
    expect(items).toEqual(expect.arrayContaining(['i5', 'i6', 'i7', 'i8', 'i9', 'i10', 'i11', 'i12']));
    return interactions.map(({ item }) => item).filter((item) => !items.includes(item));
  };
  const serveRanking = () => serveUntrainedModel(db.database, 3, { support: 'feedback', config: { objective: 'bpr' } });
  const serveRatings = () => serveUntrainedModel(db.database, 3);

  beforeAll(async () => {
    const scenarios = [{ id: 's1', title: 'Few', items: ['i1', 'i2', 'i3', 'i4', 'i5'] }];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(4, 12), scenarios }), { ratingScale });
    engine = await openEngine('wasm');
    service = await serviceWith();
    for (const { item, ...what } of interactions)
      await recordInteraction(db.pool, ratingScale, { userId: 'u1', itemId: item, ...what });
    await recordInteraction(db.pool, ratingScale, { userId: 'u2', itemId: 'i2', type: 'VIEW' });
  });
  afterAll(() => service.close());

  test.each([
    ['a model that predicts ratings', serveRatings, ['i1', 'i4']],
    ['a model that ranks', serveRanking, ['i1', 'i2', 'i3', 'i4']],
    ['no model', () => db.database.activeModel.deleteMany(), ['i1', 'i2', 'i3', 'i4']],
  ])('are by default those that suit a list of %s', async (_what, serve, expected) => {
    await serve();
    for (const target of targets) expect(await hidden({ for: target })).toEqual(expected);
  });

  test('are of all types in a list of popular items, although a model that predicts ratings is active', async () => {
    await serveRatings();
    const ofViewer = { for: { user: 'u2' } };
    expect(await listed(ofViewer)).not.toContain('i2');
    const request = { ...ofViewer, item: 'i2', first: 3 };
    expect(await whyNot(await service.session(), request)).toMatchObject({ outcome: 'FILTERED', filteredBy: ['SEEN'] });
    expect(await whyNot(await service.session(), { ...request, seenBy: ['RATE'] })).toMatchObject({ outcome: 'SHOWN' });
  });

  describe.each([
    ['with a model that predicts ratings', serveRatings],
    ['with a model that ranks', serveRanking],
    ['without a model', () => db.database.activeModel.deleteMany()],
  ])('%s', (_what, serve) => {
    beforeAll(async () => {
      await serve();
    });

    test.each<[SeenBy, readonly string[]]>([
      [[], []],
      [['VIEW'], ['i2']],
      [
        ['PURCHASE', 'CLICK', 'CLICK'],
        ['i3', 'i4'],
      ],
    ])('are those of the types %p of the request', async (seenBy, expected) => {
      for (const target of targets) expect(await hidden({ for: target, seenBy })).toEqual(expected);
      expect(await hidden({ seenBy, includeSeen: true })).toEqual([]);
    });

    test('are those of the platform’s types, unless the request chooses others', async () => {
      const platform = await serviceWith(['CLICK']);
      expect(await hidden({}, platform)).toEqual(['i3']);
      expect(await hidden({ seenBy: ['RATE'] }, platform)).toEqual(['i1']);
      expect(await hidden({ includeSeen: true }, platform)).toEqual([]);
      await platform.close();
    });

    test('stay the same on later pages when the default of the platform changes', async () => {
      const changed = await serviceWith([]);
      const whole = await listed();
      const { recommendations } = await page({ first: 3 });
      expect(await listed({ after: recommendations[2]?.cursor }, changed)).toEqual(whole.slice(3));
      await changed.close();
    });

    test('are the same for the same types in another order, and a cursor of other types is refused', async () => {
      const cursor = (await page({ first: 1, seenBy: ['RATE', 'CLICK'] })).recommendations[0]?.cursor;
      expect(await listed({ seenBy: ['CLICK', 'RATE'], after: cursor })).toHaveLength(9);
      for (const seenBy of [['RATE'], [], null] as const)
        await expect(page({ seenBy, after: cursor })).rejects.toMatchObject({
          code: 'INVALID_CURSOR',
          message: expect.stringContaining('different "seenBy"'),
        });
    });

    test('are left out of shelves too', async () => {
      const shelf = async (seenBy?: SeenBy) => {
        const request = { for: { user: 'u1' }, scenarios: ['s1'], first: 10, distinct: true, seenBy };
        const [filled] = await fillShelves(await service.session(), request);
        return (await externalIds(db.database, filled?.page.recommendations ?? [])).toSorted();
      };
      expect(await shelf(['VIEW', 'CLICK'])).toEqual(['i1', 'i4', 'i5']);
      expect(await shelf([])).toEqual(['i1', 'i2', 'i3', 'i4', 'i5']);
    });
  });

  test('make room for another list, whether they were viewed or clicked', async () => {
    await serveRanking();
    await recordInteraction(db.pool, ratingScale, { userId: 'u3', itemId: 'i12', type: 'RATE', value: 5 });
    const whole = { for: { user: 'u3' }, first: 4 };
    const first = await listed(whole);
    for (const [place, itemId] of first.entries())
      await recordInteraction(db.pool, ratingScale, { userId: 'u3', itemId, type: place % 2 ? 'VIEW' : 'CLICK' });
    const second = await listed(whole);
    expect(second).toHaveLength(4);
    expect(second.filter((item) => first.includes(item))).toEqual([]);
  });
});
