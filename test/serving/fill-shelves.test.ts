import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { fillShelves, type ShelvesRequest } from '../../src/serving/fill-shelves.ts';
import { type RecommendationRequest, recommend } from '../../src/serving/recommend.ts';
import type { ServingSession } from '../../src/serving/serving-session.ts';
import { countStatements } from '../support/count-statements.ts';
import { type Lists, openLists } from '../support/open-lists.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const numbered = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `i${from + index}`);
/** Each scenario shares half of its pool with the next one. */
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
  let service: Lists;

  const shelves = async (rest: Partial<ShelvesRequest> = {}) =>
    fillShelves(await service.session(), {
      for: { user: 'u1' },
      scenarios: names,
      first: 5,
      distinct: true,
      ...rest,
    });
  const list = async (scenario: string, rest: Partial<RecommendationRequest> = {}) =>
    recommend(await service.session(), { for: { user: 'u1' }, scenario, first: 5, ...rest });

  beforeAll(async () => {
    const scenarios = Object.entries(pools).map(([id, items]) => ({ id, title: id, items }));
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(9, 30), scenarios }), { ratingScale });
    const engine = await openEngine('wasm');
    service = await openLists(db, engine);
    for (const [item, value] of [
      ['i3', 5],
      ['i14', 1],
      ['i26', 4],
    ] as const)
      await recordInteraction(db.pool, ratingScale, { userId: 'u1', itemId: item, type: 'RATE', value });
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

    test('equal the scenarios’ own lists bit for bit, cursors included, if nothing is left out', async () => {
      const filled = await shelves({ distinct: false });
      expect(filled.map(({ page }) => page)).toEqual(await Promise.all(names.map((scenario) => list(scenario))));
      const filter = { features: [{ feature: 'genres', in: ['odd'] }] };
      const choice = { filter, exclude: ['i1', 'i7'], includeSeen: true };
      const [first] = await shelves({ ...choice, distinct: false });
      expect(first?.page).toEqual(await list('s1', choice));
    });

    test('leave out items of earlier shelves and fill their places', async () => {
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

    test('continue in the scenario’s own list without the items left out', async () => {
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

  describe('take as many SQL statements as one shelf', () => {
    const scenarios = Array.from({ length: 20 }, (_, n) => `more ${n}`);
    const few = scenarios.slice(0, 1);
    const ask = (session: ServingSession, some: readonly string[]) =>
      Promise.all(some.map((scenario) => recommend(session, { for: { user: 'u1' }, scenario, first: 5 })));

    const counted = async (work: (session: ServingSession) => Promise<unknown>) => {
      const session = await service.session();
      return countStatements(() => work(session));
    };

    beforeAll(async () => {
      // Pools of 6 to 25 items, each with an interaction.
      await db.pool.query(`
        INSERT INTO scenarios (external_id, title) SELECT 'more ' || n, 'More' FROM generate_series(0, 19) AS n;
        INSERT INTO scenario_items
        SELECT scenarios.id, items.id FROM scenarios JOIN items ON items.id <= 6 + substr(scenarios.external_id, 6)::int
        WHERE scenarios.external_id LIKE 'more %';
        INSERT INTO interactions (user_id, item_id, type)
        SELECT 2 + items.id % 5, items.id, 'VIEW' FROM items WHERE items.id <= 6`);
    });
    beforeEach(async () => {
      await db.database.activeModel.deleteMany();
    });

    /** The user with the history. Everything else is in memory. */
    const ofOne = 1;

    test.each<[string, () => Promise<unknown>]>([
      ['popular items', async () => {}],
      ['a user model of labels', () => serveUntrainedModel(db.database, 6)],
      ['a ranking user model', () => serveUntrainedModel(db.database, 6, { support: 'positivesAndNegatives' })],
      ['a scenario model', () => serveUntrainedModel(db.database, 6, { taskKind: 'SCENARIO', support: 'positives' })],
      [
        'a ranking scenario model',
        () => serveUntrainedModel(db.database, 6, { taskKind: 'SCENARIO', support: 'positivesAndNegatives' }),
      ],
    ])('of %s', async (_what, serve) => {
      await serve();
      await shelves({ scenarios });
      const request = { for: { user: 'u1' }, first: 5 };
      for (const some of [few, scenarios]) {
        for (const distinct of [true, false])
          expect(await counted((session) => fillShelves(session, { ...request, scenarios: some, distinct }))).toBe(
            ofOne,
          );
        expect(await counted((session) => ask(session, some))).toBe(ofOne);
      }
      expect(await counted(() => Promise.all(scenarios.map((one) => ask(service.service.session(), [one]))))).toBe(
        20 * ofOne,
      );
    });

    test('also before the model and the items are loaded', async () => {
      await serveUntrainedModel(db.database, 7, { taskKind: 'SCENARIO', support: 'positives' });
      const ofNew = async (some: readonly string[]) => {
        const engine = await openEngine('wasm');
        const fresh = await openLists(db, engine);
        const session = await fresh.session();
        const count = await countStatements(() =>
          fillShelves(session, { for: { user: 'u1' }, scenarios: some, first: 5, distinct: true }),
        );
        await fresh.close();
        return count;
      };
      expect(await ofNew(scenarios)).toBe(await ofNew(few));
    });

    test('also with a filter and for a visitor', async () => {
      await serveUntrainedModel(db.database, 6);
      const request = {
        for: { visitor: { features: { region: 'north' }, interactions: [visited] } },
        filter: { features: [{ feature: 'genres', in: ['odd'] }] },
        exclude: ['i1'],
      };
      await shelves({ ...request, scenarios });
      for (const some of [few, scenarios]) {
        const wanted = { ...request, scenarios: some, first: 5, distinct: true };
        expect(await counted((session) => fillShelves(session, wanted))).toBe(0);
      }
    });

    test('once for each way to make a shelf: adapted to a scenario, adapted to the user, popular', async () => {
      await serveUntrainedModel(db.database, 8, { taskKind: 'SCENARIO', support: 'positives' });
      await serveUntrainedModel(db.database, 8);
      await db.pool.query(`
        INSERT INTO items (external_id, title) VALUES ('cold', 'Unmet');
        DELETE FROM scenario_items USING scenarios
        WHERE scenarios.id = scenario_id AND scenarios.external_id IN ('more 4', 'more 11');
        INSERT INTO scenario_items SELECT scenarios.id, items.id FROM scenarios, items
        WHERE scenarios.external_id IN ('more 4', 'more 11') AND items.external_id = 'cold'`);
      await shelves({ scenarios });
      const request = { for: { user: 'u1' }, scenarios, first: 5, distinct: true };
      expect(await counted((session) => fillShelves(session, request))).toBe(ofOne);
      const alone = await Promise.all(scenarios.map((scenario) => list(scenario)));
      expect((await shelves({ scenarios, distinct: false })).map(({ page }) => page)).toEqual(alone);
      expect(new Set(alone.map(({ recommendations }) => recommendations[0]?.modelVersionId)).size).toBe(2);
    });

    test.each<[string, () => Promise<unknown>]>([
      ['of a model', () => serveUntrainedModel(db.database, 9)],
      ['by popularity', async () => {}],
    ])('lists %s with other conditions, pages or recipients are not mixed up', async (_what, serve) => {
      await serve();
      const { recommendations } = await list('s1');
      const requests: RecommendationRequest[] = [
        { for: { user: 'u1' }, scenario: 's1', first: 5 },
        { for: { user: 'u1' }, first: 5 },
        { for: { user: 'u1' }, scenario: 's2', first: 5, exclude: ['i7', 'i8', 'i9'] },
        { for: { user: 'u1' }, scenario: 's3', first: 5, includeSeen: true },
        { for: { user: 'u1' }, scenario: 's1', first: 5, after: recommendations[1]?.cursor },
        { for: { user: 'u1' }, scenario: 's1', first: 2, after: recommendations[3]?.cursor },
        { for: { user: 'u2' }, scenario: 's1', first: 5 },
        { for: { visitor: { interactions: [visited] } }, scenario: 's1', first: 5 },
        { for: { user: 'u1' }, scenario: 's1', first: 3, filter: { includeUnavailable: true } },
      ];
      const session = await service.session();
      expect(await Promise.all(requests.map((request) => recommend(session, request)))).toEqual(
        await Promise.all(requests.map(async (request) => recommend(await service.session(), request))),
      );
    });
  });

  test('are for at most 20 different scenarios', async () => {
    for (const [scenarios, named] of [
      [[], 'scenarios: expected 1 to 20 scenarios, got 0'],
      [Array.from({ length: 21 }, (_, n) => `s${n}`), 'scenarios: expected 1 to 20 scenarios, got 21'],
      [['s1', 's2', 's1'], 'scenarios.2: expected each scenario once, got "s1" again'],
      [['s1', ''], 'scenarios.1: expected 1 to 256 characters, got 0'],
    ] as const)
      await expect(shelves({ scenarios })).rejects.toMatchObject({ code: 'BAD_USER_INPUT', message: named });
    await expect(shelves({ scenarios: ['s1', 'nowhere'] })).rejects.toMatchObject({
      code: 'SCENARIO_NOT_FOUND',
      message: 'scenarios.1: there is no scenario with the ID "nowhere"',
      field: ['scenarios', 1],
    });
  });
});
