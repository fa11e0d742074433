import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { countStatements } from '../support/count-statements.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';
import { testServer } from '../support/test-server.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const recommend = `query (
  $for: RecommendationTarget!, $scenario: ID, $first: Int, $after: String, $filter: ItemFilter, $exclude: [ID!], $includeSeen: Boolean,
  $seenBy: [InteractionType!]
) {
  recommendations(
    for: $for, scenario: $scenario, first: $first, after: $after, filter: $filter, exclude: $exclude, includeSeen: $includeSeen,
    seenBy: $seenBy
  ) {
    edges { cursor score reason node { externalId title } modelVersion { number kind createdAt } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

interface Page {
  readonly edges: readonly {
    readonly cursor: string;
    readonly score: number;
    readonly reason: string;
    readonly node: { readonly externalId: string };
  }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
}

describe('recommendations', () => {
  const db = testDatabase();
  const server = testServer(db);
  const withoutModel = testDatabase();
  const serverWithoutModel = testServer(withoutModel);
  const user = (id: string) => ({ for: { user: id } });

  const page = async (variables: object, { ask } = server): Promise<Page> => {
    const { data, errors } = await ask(recommend, variables);
    expect(errors).toBeUndefined();
    return data?.recommendations as Page;
  };
  const ids = ({ edges }: Page) => edges.map(({ node }) => node.externalId);

  beforeAll(async () => {
    const scenarios = [{ id: 's1', title: 'First', items: ['i1', 'i2', 'i3'] }];
    for (const { pool } of [db, withoutModel]) {
      await loadDataset(pool, smallDataset({ ...smallCatalog(4, 8), scenarios }), { ratingScale });
      await recordInteraction(pool, ratingScale, { userId: 'u4', itemId: 'i2', type: 'VIEW' });
    }
    await serveUntrainedModel(db.database, 3);
    const rated = { userId: 'u1', itemId: 'i5', type: 'RATE', value: 4.5 } as const;
    await recordInteraction(db.pool, ratingScale, rated);
  });

  test('are popular and fresh items without a model', async () => {
    expect(await page({ ...user('u1'), first: 3 }, serverWithoutModel)).toMatchObject({
      edges: [
        { node: { externalId: 'i2' }, reason: 'POPULAR', score: 1, modelVersion: null },
        { node: { externalId: 'i1' }, reason: 'FRESH', score: 0, modelVersion: null },
        { node: { externalId: 'i3' }, reason: 'FRESH', score: 0, modelVersion: null },
      ],
      pageInfo: { hasNextPage: true, hasPreviousPage: false },
    });
  });

  test('are adapted to the history of a user by the active model version', async () => {
    const number = (await db.database.activeModel.findFirstOrThrow()).modelVersionId;
    const adapted = await page({ ...user('u1'), first: 100 });
    expect(ids(adapted).toSorted()).toEqual(['i1', 'i2', 'i3', 'i4', 'i6', 'i7', 'i8']);
    for (const edge of adapted.edges)
      expect(edge).toMatchObject({
        reason: edge.node.externalId === 'i2' ? 'ADAPTED' : 'FRESH',
        modelVersion: { number, kind: 'cmml' },
      });
  });

  test('neither repeat nor skip an item from page to page', async () => {
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const { pageInfo, ...rest }: Page = await page({ ...user('u1'), first: 3, after });
      seen.push(...ids({ pageInfo, ...rest }));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after);
    expect(seen).toHaveLength(7);
    expect(new Set(seen).size).toBe(7);
  });

  test('of a scenario are only from its pool', async () => {
    const inScenario = { ...user('u3'), scenario: 's1', first: 2 };
    const first = await page(inScenario);
    const second = await page({ ...inScenario, after: first.pageInfo.endCursor });
    expect([first, second].map(({ pageInfo }) => pageInfo.hasNextPage)).toEqual([true, false]);
    expect([...ids(first), ...ids(second)].toSorted()).toEqual(['i1', 'i2', 'i3']);
  });

  test('pass the filter, are not excluded, and include rated items on request', async () => {
    const filter = { features: [{ feature: 'genres', in: ['odd'] }] };
    expect(ids(await page({ ...user('u1'), filter, exclude: ['i7', 'unknown'] })).toSorted()).toEqual(['i1', 'i3']);
    expect(ids(await page({ ...user('u1'), filter, includeSeen: true })).toSorted()).toEqual(['i1', 'i3', 'i5', 'i7']);
  });

  test('leave out the items of the types of interactions that the request chooses', async () => {
    expect(ids(await page({ ...user('u1'), first: 100, seenBy: ['VIEW'] }))).toContain('i5');
    expect(ids(await page({ ...user('u1'), first: 100, seenBy: ['RATE', 'VIEW'] }))).not.toContain('i5');
    expect(ids(await page({ ...user('u1'), first: 100, seenBy: null }))).not.toContain('i5');
    const { errors } = await server.ask(recommend, { ...user('u1'), seenBy: new Array(33).fill('RATE') });
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining('seenBy: expected at most 32 types, got 33'),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });

  test('for a visitor equal those of a user with the same features and interactions', async () => {
    const features = { region: 'north' };
    const interactions = [{ item: 'i5', type: 'RATE', value: 4.5 }];
    const visiting = await page({ for: { visitor: { features, interactions } } });
    const stored = await page(user('u1'));
    const withoutCursors = ({ edges }: Page) => edges.map(({ cursor, ...edge }) => edge);
    expect(withoutCursors(visiting)).toEqual(withoutCursors(stored));
    const next = await page({
      for: { visitor: { interactions, features } },
      first: 2,
      after: visiting.edges[1]?.cursor,
    });
    expect(ids(next)).toEqual(ids(stored).slice(2, 4));
  });

  test('include a new item', async () => {
    const features = { genres: ['even'], length: 2 };
    await db.database.item.create({ data: { externalId: 'new', title: 'New', features } });
    const listed = await page({ ...user('u1'), first: 100 });
    await db.database.item.delete({ where: { externalId: 'new' } });
    expect(listed.edges.find(({ node }) => node.externalId === 'new')).toMatchObject({ reason: 'FRESH' });
  });

  test('take as many SQL statements for a long list as for a short one', async () => {
    const statements = (first: number) => countStatements(() => page({ ...user('u1'), first }));
    await statements(1);
    // The caller's key, the user with the history, and the model version. Everything else is in memory.
    expect(await statements(1)).toBe(3);
    expect(await statements(7)).toBe(3);
  });

  test('share reads if one operation requests several lists', async () => {
    const aliased = (aliases: string) =>
      countStatements(async () => {
        const { errors } = await server.ask(`{ ${aliases} }`);
        expect(errors).toBeUndefined();
      });
    const field = (rest: string) => `recommendations(for: { user: "u1" }${rest}) { edges { score } }`;
    // Loads the active model version.
    await page(user('u1'));
    // The key, and the user with the history.
    expect(await aliased(`a: ${field('')} b: ${field(', scenario: "s1"')}`)).toBe(2);
  });

  test('of one operation use one model version, even if another one is promoted in the meantime', async () => {
    const fields = Array.from(
      { length: 12 },
      (_, n) =>
        `l${n}: recommendations(for: { user: "u1" }, exclude: ["${n}"], first: 1) { edges { modelVersion { number } } }`,
    );
    const response = server.ask(
      `{ ${fields.join(' ')} similarItems(item: "i1", first: 1) { edges { modelVersion { number } } } }`,
    );
    await serveUntrainedModel(db.database, 4);
    const { data } = await response;
    const numbers = Object.values(data ?? {}).map(
      (list) => (list as { edges: { modelVersion: { number: number } }[] }).edges[0]?.modelVersion.number,
    );
    expect(numbers).toHaveLength(13);
    expect(new Set(numbers).size).toBe(1);
  });

  describe('answer an invalid request with a documented code', () => {
    const visiting = (visitor: object) => ({ for: { visitor } });
    test.each<[string, object, string]>([
      ['an unknown user', user('nobody'), 'USER_NOT_FOUND'],
      ['an unknown scenario', { ...user('u1'), scenario: 'nowhere' }, 'SCENARIO_NOT_FOUND'],
      ['an empty scenario ID', { ...user('u1'), scenario: '' }, 'BAD_USER_INPUT'],
      ['first of 0', { ...user('u1'), first: 0 }, 'BAD_USER_INPUT'],
      ['first of 101', { ...user('u1'), first: 101 }, 'BAD_USER_INPUT'],
      ['first below 0', { ...user('u1'), first: -1 }, 'BAD_USER_INPUT'],
      ['first that is not an integer', { ...user('u1'), first: 1.5 }, 'BAD_USER_INPUT'],
      ['a bad cursor', { ...user('u1'), after: 'nonsense' }, 'INVALID_CURSOR'],
      ['neither a user nor a visitor', { for: {} }, 'BAD_USER_INPUT'],
      ['a user and a visitor', { for: { user: 'u1', visitor: {} } }, 'BAD_USER_INPUT'],
      [
        'a filter that matches no feature',
        { ...user('u1'), filter: { features: [{ feature: 'x' }] } },
        'BAD_USER_INPUT',
      ],
      [
        'a visitor with a rating outside the scale',
        visiting({ interactions: [{ item: 'i1', type: 'RATE', value: 9 }] }),
        'BAD_USER_INPUT',
      ],
      [
        'a visitor with a value above the largest one',
        visiting({ interactions: [{ item: 'i1', type: 'VIEW', value: 1e308 }] }),
        'BAD_USER_INPUT',
      ],
      ['a visitor with an undeclared feature', visiting({ features: { shoe: 'large' } }), 'BAD_USER_INPUT'],
    ])('%s', async (_what, variables, code) => {
      const { errors } = await server.ask(recommend, variables);
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual([code]);
    });
  });
});
