import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { fillShelves, type ShelvesRequest } from '../../src/serving/fill-shelves.ts';
import { type RecommendationRequest, recommend } from '../../src/serving/recommend.ts';
import { RecommendationService } from '../../src/serving/recommendation-service.ts';
import { countStatements } from '../support/count-statements.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `i${from + index}`);
/** Each shares half of its pool with the next. */
const pools = {
  s1: numbered(1, 12),
  s2: numbered(7, 18),
  s3: numbered(13, 24),
  s4: numbered(19, 30),
  s5: [...numbered(25, 30), ...numbered(1, 6)],
};
const names = Object.keys(pools);
const visited = { item: 'i3', type: 'RATE', value: 4 } as const;

describe('shelves', () => {
  const db = testDatabase();
  let service: RecommendationService;

  const shelves = (rest: Partial<ShelvesRequest> = {}) =>
    fillShelves(service.session(), {
      for: { user: 'u1' },
      scenarios: names,
      first: 5,
      distinct: true,
      ...rest,
    });
  const list = async (scenario: string, rest: Partial<RecommendationRequest> = {}) =>
    recommend(service.session(), { for: { user: 'u1' }, scenario, first: 5, ...rest });

  beforeAll(async () => {
    const scenarios = Object.entries(pools).map(([id, items]) => ({ id, title: id, items }));
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(9, 30), scenarios }), { ratingScale });
    const engine = await openEngine('wasm');
    service = new RecommendationService({ database: db.database, engine, candidates: 1000, ratingScale });
    for (const [item, value] of [
      ['i3', 5],
      ['i14', 1],
      ['i26', 4],
    ] as const)
      await recordInteraction(db.database, ratingScale, { userId: 'u1', itemId: item, type: 'RATE', value });
  });
  afterAll(() => service.close());

  describe.each([
    ['popular items', async () => {}],
    ['a user model of labels', () => serveUntrainedModel(db.database, 3)],
    ['a ranking user model', () => serveUntrainedModel(db.database, 4, { support: 'positivesAndNegatives' })],
    [
      'a scenario model',
      () => serveUntrainedModel(db.database, 5, { taskKind: 'SCENARIO', support: 'positivesAndNegatives' }),
    ],
  ] as const)('of %s', (_what, serve) => {
    beforeAll(async () => {
      await serve();
    });

    test('are bitwise the scenarios’ own lists where nothing is left out, cursors included', async () => {
      const filled = await shelves({ distinct: false });
      expect(filled.map(({ page }) => page)).toEqual(
        await Promise.all(names.map((scenario) => list(scenario))),
      );
      const filter = { features: [{ feature: 'genres', in: ['odd'] }] };
      const choice = { filter, exclude: ['i1', 'i7'], includeSeen: true };
      const [first] = await shelves({ ...choice, distinct: false });
      expect(first?.page).toEqual(await list('s1', choice));
    });

    test('leave out what an earlier one shows, and fill its place', async () => {
      const shown = new Set<number>();
      for (const [index, { page }] of (await shelves()).entries()) {
        const whole = (await list(names[index] as string, { first: 100 })).recommendations;
        const expected = whole.filter(({ itemId }) => !shown.has(itemId));
        expect(page.recommendations).toEqual(expected.slice(0, 5));
        expect(page.hasNextPage).toBe(expected.length > 5);
        for (const { itemId } of page.recommendations) shown.add(itemId);
      }
      expect(shown.size).toBeGreaterThan(20);
    });

    test('go on in the scenario’s own list, in which what was left out does not come', async () => {
      const [first, second] = await shelves();
      const after = second?.page.recommendations.at(-1)?.cursor;
      const rest = await list('s2', { first: 100, after });
      const whole = (await list('s2', { first: 100 })).recommendations.map(({ itemId }) => itemId);
      const shown = second?.page.recommendations.map(({ itemId }) => itemId) ?? [];
      const place = whole.indexOf(shown.at(-1) as number);
      expect(rest.recommendations.map(({ itemId }) => itemId)).toEqual(whole.slice(place + 1));
      const leftOut = whole.slice(0, place).filter((item) => !shown.includes(item));
      const onFirst = first?.page.recommendations.map(({ itemId }) => itemId) ?? [];
      for (const item of leftOut) expect(onFirst).toContain(item);
    });
  });

  describe('take fewer SQL statements than their lists on their own', () => {
    beforeAll(async () => {
      await db.database.activeModel.deleteMany();
    });

    test.each([
      // Of one list: the moment, the user, the scenario, the history, negatives, candidates.
      ['labels', 5, 9],
      ['positivesAndNegatives', 6, 10],
    ] as const)('of a user model of %s', async (support, ofOne, ofFive) => {
      await serveUntrainedModel(db.database, 6, { support });
      await shelves();
      expect(await countStatements(() => list('s1'))).toBe(ofOne);
      expect(await countStatements(() => Promise.all(names.map((scenario) => list(scenario))))).toBe(
        5 * ofOne,
      );
      expect(await countStatements(() => shelves())).toBe(ofFive);
    });

    test('of several lists asked for in one session, too', async () => {
      const session = service.session();
      const ask = (scenario: string) => recommend(session, { for: { user: 'u1' }, scenario, first: 5 });
      expect(await countStatements(() => Promise.all(names.map(ask)))).toBe(10);
    });

    test('of which those under the same filter, for a visitor, take one each: the candidates', async () => {
      await serveUntrainedModel(db.database, 6, { support: 'labels' });
      const scenarios = Array.from({ length: 20 }, (_, n) => `more ${n}`);
      await db.database.scenario.createMany({
        data: scenarios.map((scenario) => ({ externalId: scenario, title: scenario })),
      });
      await db.pool.query(`
        INSERT INTO scenario_items SELECT scenarios.id, items.id FROM scenarios CROSS JOIN items
        WHERE scenarios.external_id LIKE 'more %'`);
      const request = {
        for: { visitor: { features: { region: 'north' }, interactions: [visited] } },
        filter: { features: [{ feature: 'genres', in: ['odd'] }] },
      };
      const ofShelves = async (count: number) =>
        countStatements(() => shelves({ ...request, scenarios: scenarios.slice(0, count) }));
      const ofLists = async (count: number) => {
        const session = service.session();
        const ask = (scenario: string) => recommend(session, { ...request, scenario, first: 5 });
        return countStatements(() => Promise.all(scenarios.slice(0, count).map(ask)));
      };
      await shelves({ ...request, scenarios });
      // The moment, the declared features, the visitor's items, the scenarios.
      for (const count of [1, 10, 20])
        expect([count, await ofShelves(count), await ofLists(count)]).toEqual([count, 4 + count, 4 + count]);
    });
  });

  test('are one each of 20 scenarios at most', async () => {
    for (const [scenarios, named] of [
      [[], 'scenarios: expected 1 to 20 scenarios, got 0'],
      [Array.from({ length: 21 }, (_, n) => `s${n}`), 'scenarios: expected 1 to 20 scenarios, got 21'],
      [['s1', 's2', 's1'], 'scenarios.2: expected each scenario once, got "s1" again'],
      [['s1', ''], 'scenarios.1: an id cannot be empty'],
    ] as const)
      await expect(shelves({ scenarios })).rejects.toMatchObject({ code: 'BAD_USER_INPUT', message: named });
    await expect(shelves({ scenarios: ['s1', 'nowhere'] })).rejects.toMatchObject({
      code: 'SCENARIO_NOT_FOUND',
      message: expect.stringContaining('"nowhere"'),
    });
  });
});
