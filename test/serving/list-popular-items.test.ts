import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { listPopularItems, type PopularItemsRequest } from '../../src/serving/list-popular-items.ts';
import { externalIds } from '../support/external-ids.ts';
import { type Lists, openLists } from '../support/open-lists.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };

describe('popular items', () => {
  const db = testDatabase();
  let service: Lists;

  const popular = async (rest: Partial<PopularItemsRequest> = {}) =>
    listPopularItems(await service.session(), { first: 100, ...rest });
  const named = async (rest: Partial<PopularItemsRequest> = {}) =>
    externalIds(db.database, (await popular(rest)).items);

  beforeAll(async () => {
    const scenarios = [{ id: 's1', title: 'First', items: ['i8', 'i5', 'i2', 'i1'] }];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(4, 8), scenarios }), { ratingScale });
    const engine = await openEngine('wasm');
    service = await openLists(db, engine, { candidates: 3 });
    for (const [userId, itemId] of [
      ['u1', 'i5'],
      ['u2', 'i5'],
      ['u2', 'i5'],
      ['u1', 'i2'],
      ['u3', 'i7'],
    ] as const)
      await recordInteraction(db.pool, ratingScale, { userId, itemId, type: 'VIEW' });
  });
  afterAll(() => service.close());

  test('are ordered by number of users with positive interactions, the older item first if equal', async () => {
    expect(await named()).toEqual(['i5', 'i2', 'i7', 'i1', 'i3', 'i4', 'i6', 'i8']);
    expect((await popular({ first: 4 })).items.map(({ positives }) => positives)).toEqual([2, 1, 1, 0]);
    expect((await popular({ first: 2 })).items.map(({ interactions }) => interactions)).toEqual([3, 1]);
  });

  test('gain nothing from ratings below 4 of 5, which only count as interactions', async () => {
    const rate = async (itemId: string, values: number[]) => {
      for (const value of values)
        await recordInteraction(db.pool, ratingScale, { userId: 'u4', itemId, type: 'RATE', value });
    };
    await rate('i8', [1, 1, 1, 3.5, 3.9]);
    await rate('i6', [4, 5]);
    const { items } = await popular({ first: 3 });
    expect(await externalIds(db.database, items)).toEqual(['i5', 'i2', 'i6']);
    const all = (await popular()).items;
    const of = Object.fromEntries((await externalIds(db.database, all)).map((id, place) => [id, all[place]]));
    expect(of).toMatchObject({ i6: { positives: 1, interactions: 2 }, i8: { positives: 0, interactions: 5 } });
    await db.database.interaction.deleteMany({ where: { user: { externalId: 'u4' } } });
  });

  test('of a scenario are the items of its pool', async () => {
    expect(await named({ scenario: 's1' })).toEqual(['i5', 'i2', 'i1', 'i8']);
  });

  test('are available by default and pass the filter', async () => {
    await db.database.item.update({ where: { externalId: 'i5' }, data: { available: false } });
    const filter = { features: [{ feature: 'genres', in: ['odd'] }] };
    expect(await named({ filter })).toEqual(['i7', 'i1', 'i3']);
    expect(await named({ filter: { ...filter, includeUnavailable: true } })).toEqual(['i5', 'i7', 'i1', 'i3']);
    await db.database.item.update({ where: { externalId: 'i5' }, data: { available: true } });
  });

  test('are on exactly one page each', async () => {
    const seen: number[] = [];
    let after: string | undefined;
    for (const [length, more] of [
      [3, true],
      [3, true],
      [2, false],
    ] as const) {
      const page = await popular({ first: 3, after });
      expect(page.items).toHaveLength(length);
      expect(page.hasNextPage).toBe(more);
      seen.push(...page.items.map(({ itemId }) => itemId));
      after = page.items.at(-1)?.cursor;
    }
    expect(new Set(seen).size).toBe(8);
  });

  test('have what the same server has just stored, on later pages too', async () => {
    const session = await service.session();
    const { items } = await listPopularItems(session, { first: 2 });
    const after = items.at(-1)?.cursor ?? null;
    await db.database.item.update({ where: { externalId: 'i7' }, data: { available: false } });
    service.catalog.noteWrite();
    // A session that does not refresh the catalog first.
    const next = await listPopularItems(service.service.session(), { first: 2, after });
    expect(await externalIds(db.database, next.items)).toEqual(['i1', 'i3']);
    await db.database.item.update({ where: { externalId: 'i7' }, data: { available: true } });
  });

  test('refuse a cursor of another list and say what differs', async () => {
    const after = (await popular({ scenario: 's1', first: 1 })).items[0]?.cursor;
    const filter = { includeUnavailable: true };
    await expect(popular({ after, filter })).rejects.toMatchObject({
      code: 'INVALID_CURSOR',
      message: expect.stringContaining('different "scenario" and "filter"'),
    });
    await expect(popular({ after: 'nonsense' })).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
    await expect(popular({ scenario: 'nowhere' })).rejects.toMatchObject({ code: 'SCENARIO_NOT_FOUND' });
  });
});
