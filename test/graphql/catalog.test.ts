import { beforeAll, describe, expect, test } from '@jest/globals';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { testServer } from '../support/test-server.ts';

interface Connection {
  readonly edges: readonly { readonly node: { readonly externalId: string } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
}

const idsOf = ({ edges }: Connection) => edges.map(({ node }) => node.externalId);

/** A server over a small catalog, for the tests of the calling block. */
function catalogServer() {
  const db = testDatabase();
  const server = testServer(db);

  beforeAll(async () => {
    const scenarios = [
      { id: 's1', title: 'First', items: ['i1', 'i2', 'i3'] },
      { id: 's2', title: 'Second', items: ['i3'] },
      { id: 's3', title: 'Third', items: [] },
    ];
    const interactions = [rating('u1', 'i2', 3), rating('u2', 'i2', 4)];
    const dataset = smallDataset({ ...smallCatalog(5, 8), scenarios, interactions });
    await loadDataset(db.pool, dataset, { ratingScale: { minimum: 1, maximum: 5 } });
  });

  const ask = async (query: string, variables?: object) => {
    const { data, errors } = await server.ask(query, variables);
    expect(errors).toBeUndefined();
    return data as Record<string, never>;
  };
  const mutate = async (field: string, input: object, payload: string) => {
    const type = `${field[0]?.toUpperCase()}${field.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${field}(input: $input) { ${payload} userErrors { message field code } } }`;
    return (await ask(query, { input }))[field] as unknown as Record<string, unknown>;
  };
  /** Reads all pages of the list at `path` of the response. */
  const pages = async (query: string, path: readonly string[]): Promise<string[][]> => {
    const all: string[][] = [];
    let after: string | null = null;
    do {
      const data = await ask(query, { after });
      const page = path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], data) as Connection;
      all.push(idsOf(page));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    return all;
  };
  return { db, server, ask, mutate, pages };
}

describe('the catalog over GraphQL', () => {
  const { db, server, ask, pages } = catalogServer();

  test('returns a user, an item and a scenario by external ID, with everything related to them', async () => {
    const data = await ask(`{
      user(externalId: "u1") { id externalId features createdAt }
      item(externalId: "i2") { id externalId title features available interactionCount createdAt }
      untouched: item(externalId: "i3") { interactionCount scenarios { externalId } }
      scenario(externalId: "s1") {
        id externalId title itemCount createdAt items(first: 2) { edges { node { externalId } } pageInfo { hasNextPage } }
      }
      empty: scenario(externalId: "s3") { itemCount items { edges { cursor } } }
    }`);
    const createdAt = expect.stringMatching(/^\d{4}-.*Z$/);
    expect(data).toEqual({
      user: { id: encodeGlobalId('User', 'u1'), externalId: 'u1', features: { region: 'north' }, createdAt },
      item: {
        id: encodeGlobalId('Item', 'i2'),
        externalId: 'i2',
        title: 'Item 2',
        features: { genres: ['even'], length: 2 },
        available: true,
        interactionCount: 2,
        createdAt,
      },
      untouched: { interactionCount: 0, scenarios: [{ externalId: 's1' }, { externalId: 's2' }] },
      scenario: {
        id: encodeGlobalId('Scenario', 's1'),
        externalId: 's1',
        title: 'First',
        itemCount: 3,
        createdAt,
        items: {
          edges: [{ node: { externalId: 'i1' } }, { node: { externalId: 'i2' } }],
          pageInfo: { hasNextPage: true },
        },
      },
      empty: { itemCount: 0, items: { edges: [] } },
    });
  });

  test('returns null for unknown IDs', async () => {
    expect(
      await ask('{ user(externalId: "x") { id } item(externalId: "u1") { id } scenario(externalId: "🎬") { id } }'),
    ).toEqual({
      user: null,
      item: null,
      scenario: null,
    });
  });

  test('an item has at most 100 scenarios in its response', async () => {
    await db.pool.query(`
      INSERT INTO scenarios (external_id, title) SELECT 'many ' || n, 'Many' FROM generate_series(1, 120) AS n;
      INSERT INTO scenario_items SELECT scenarios.id, items.id FROM scenarios, items
      WHERE scenarios.title = 'Many' AND items.external_id = 'i8'`);
    const { item } = await ask('{ item(externalId: "i8") { scenarios { externalId } } }');
    const { scenarios } = item as unknown as { scenarios: { externalId: string }[] };
    expect(scenarios.map(({ externalId }) => externalId)).toEqual(
      Array.from({ length: 100 }, (_, n) => `many ${n + 1}`),
    );
    await db.pool.query(`DELETE FROM scenarios WHERE title = 'Many'`);
  });

  test.each([
    ['users', ['u1', 'u2', 'u3', 'u4', 'u5']],
    ['items', ['i1', 'i2', 'i3', 'i4', 'i5', 'i6', 'i7', 'i8']],
    ['scenarios', ['s1', 's2', 's3']],
  ])('pages through all %s in the order of creation, without repeating or skipping one', async (list, ids) => {
    const query = `query ($after: String) { ${list}(first: 2, after: $after) {
      edges { node { externalId } } pageInfo { hasNextPage endCursor } } }`;
    const all = await pages(query, [list]);
    expect(all.flat()).toEqual(ids);
    expect(all).toHaveLength(Math.ceil(ids.length / 2));
  });

  test('pages through the items that pass a filter, and through a pool', async () => {
    const even = `query ($after: String) {
      items(first: 2, after: $after, filter: { features: [{ feature: "genres", in: ["even"] }, { feature: "length", atLeast: 3 }] }) {
        edges { node { externalId } } pageInfo { hasNextPage endCursor } } }`;
    expect(await pages(even, ['items'])).toEqual([['i4', 'i6'], ['i8']]);
    const pool = `query ($after: String) { scenario(externalId: "s1") { items(first: 2, after: $after) {
        edges { node { externalId } } pageInfo { hasNextPage endCursor } } } }`;
    expect(await pages(pool, ['scenario', 'items'])).toEqual([['i1', 'i2'], ['i3']]);
  });

  test.each([
    ['a page of 0', '{ users(first: 0) { pageInfo { hasNextPage } } }', 'BAD_USER_INPUT'],
    ['a page of 101', '{ items(first: 101) { pageInfo { hasNextPage } } }', 'BAD_USER_INPUT'],
    [
      'a negative page',
      '{ scenario(externalId: "s1") { items(first: -1) { pageInfo { hasNextPage } } } }',
      'BAD_USER_INPUT',
    ],
    ['a bad cursor', '{ users(after: "x") { pageInfo { hasNextPage } } }', 'INVALID_CURSOR'],
    ['an empty cursor', '{ scenarios(after: "") { pageInfo { hasNextPage } } }', 'INVALID_CURSOR'],
    [
      'a cursor of another list',
      `{ items(after: "${Buffer.from('users:1:1').toString('base64url')}") { pageInfo { hasNextPage } } }`,
      'INVALID_CURSOR',
    ],
    [
      'a cursor with a number that is too large',
      `{ items(after: "${Buffer.from('items:1:2147483648').toString('base64url')}") { pageInfo { hasNextPage } } }`,
      'INVALID_CURSOR',
    ],
    [
      'a cursor with an extra number',
      `{ items(after: "${Buffer.from('items:1:1,1').toString('base64url')}") { pageInfo { hasNextPage } } }`,
      'INVALID_CURSOR',
    ],
    [
      'a bad cursor of a pool',
      '{ scenario(externalId: "s1") { items(after: "x") { pageInfo { hasNextPage } } } }',
      'INVALID_CURSOR',
    ],
    [
      'an invalid filter',
      '{ items(filter: { features: [{ feature: "no", in: [] }] }) { edges { cursor } } }',
      'BAD_USER_INPUT',
    ],
    ['an empty ID', '{ user(externalId: "") { id } }', 'BAD_USER_INPUT'],
    ['an ID with U+0000', '{ item(externalId: "a\\u0000") { id } }', 'BAD_USER_INPUT'],
  ])('answers %s with a documented code', async (_what, query, code) => {
    const { errors } = await server.ask(query);
    expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code }]);
  });

  test('answers an ID with half of a surrogate pair with a documented code', async () => {
    const query = 'query ($id: ID!) { scenario(externalId: $id) { id } }';
    const { errors } = await server.ask(query, { id: 'a\ud800' });
    expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code: 'BAD_USER_INPUT' }]);
  });
});

describe('mutations of the catalog', () => {
  const { db, ask, mutate } = catalogServer();

  test('lists unavailable items without a filter, and with a filter only on request', async () => {
    const { items } = await mutate(
      'setItemAvailability',
      { items: ['i8'], available: false },
      'items { externalId available }',
    );
    expect(items).toEqual([{ externalId: 'i8', available: false }]);
    const lists = await ask(`{
      all: items(first: 100) { edges { node { externalId } } pageInfo { hasNextPage endCursor } }
      filtered: items(first: 100, filter: {}) { edges { node { externalId } } pageInfo { hasNextPage endCursor } }
      withUnavailable: items(first: 100, filter: { includeUnavailable: true }) { edges { node { externalId } } pageInfo { hasNextPage endCursor } }
    }`);
    expect([lists.all, lists.filtered, lists.withUnavailable].map((list) => idsOf(list!).includes('i8'))).toEqual([
      true,
      false,
      true,
    ]);
    await mutate('setItemAvailability', { items: ['i8'], available: true }, 'items { id }');
  });

  test('declares features, and stores users and items with them', async () => {
    const fields = [{ entity: 'USER', name: 'age', kind: 'NUMERIC' }];
    const declared = await mutate('declareFeatureFields', { fields }, 'featureFields { entity name kind }');
    const all = [
      { entity: 'USER', name: 'region', kind: 'CATEGORICAL' },
      { entity: 'ITEM', name: 'genres', kind: 'MULTI_VALUED' },
      { entity: 'ITEM', name: 'length', kind: 'NUMERIC' },
      ...fields,
    ];
    expect(declared).toEqual({ featureFields: all, userErrors: [] });
    expect(await ask('{ featureFields { entity name kind } }')).toEqual({ featureFields: all });

    const users = [{ externalId: 'new', features: { age: 44.5 } }, { externalId: 'u5' }];
    expect(await mutate('upsertUsers', { users }, 'users { externalId features }')).toEqual({
      users: [
        { externalId: 'new', features: { age: 44.5 } },
        { externalId: 'u5', features: {} },
      ],
      userErrors: [],
    });
    const items = [{ externalId: 'new', title: 'New', features: { genres: ['odd', 'new'] } }];
    expect(await mutate('upsertItems', { items }, 'items { title features available interactionCount }')).toEqual({
      items: [{ title: 'New', features: { genres: ['odd', 'new'] }, available: true, interactionCount: 0 }],
      userErrors: [],
    });
  });

  test('undeclares features, and answers with the others', async () => {
    const field = { entity: 'USER', name: 'short-lived' };
    await mutate('declareFeatureFields', { fields: [{ ...field, kind: 'NUMERIC' }] }, 'featureFields { name }');
    const undeclared = await mutate('undeclareFeatureFields', { fields: [field] }, 'featureFields { name }');
    expect(undeclared).toEqual({
      featureFields: ['region', 'genres', 'length', 'age'].map((name) => ({ name })),
      userErrors: [],
    });
  });

  test('recommends a new item at once', async () => {
    const items = [{ externalId: 'brand new', title: 'Brand new' }];
    await mutate('upsertItems', { items }, 'items { id }');
    const { recommendations } = await ask(
      '{ recommendations(for: { user: "u1" }, first: 100) { edges { node { externalId } } pageInfo { hasNextPage endCursor } } }',
    );
    expect(idsOf(recommendations!)).toContain('brand new');
  });

  test('creates a scenario with an empty pool, sets the pool, and returns it', async () => {
    const scenarios = [{ externalId: 'fresh', title: 'Fresh' }];
    expect(await mutate('upsertScenarios', { scenarios }, 'scenarios { title itemCount }')).toEqual({
      scenarios: [{ title: 'Fresh', itemCount: 0 }],
      userErrors: [],
    });
    const pool = 'scenario { itemCount items { edges { node { externalId scenarios { externalId } } } } }';
    expect(await mutate('setScenarioItems', { scenario: 'fresh', items: ['i7'] }, pool)).toEqual({
      scenario: {
        itemCount: 1,
        items: { edges: [{ node: { externalId: 'i7', scenarios: [{ externalId: 'fresh' }] } }] },
      },
      userErrors: [],
    });
  });

  test('the second of two mutations in a request returns its own changes, not what the first one read', async () => {
    const data = await ask(`mutation {
      one: setScenarioItems(input: { scenario: "s3", items: ["i1"] }) { scenario { itemCount items { edges { node { externalId } } } } }
      two: setScenarioItems(input: { scenario: "s3", items: ["i1", "i2"] }) { scenario { itemCount items { edges { node { title } } } } }
      three: upsertItems(input: { items: [{ externalId: "i1", title: "Other" }] }) { items { title } }
      four: setScenarioItems(input: { scenario: "s3", items: ["i1"] }) { scenario { items { edges { node { title } } } } }
    }`);
    expect(data).toMatchObject({
      one: { scenario: { itemCount: 1 } },
      two: { scenario: { itemCount: 2, items: { edges: [{}, {}] } } },
      four: { scenario: { items: { edges: [{ node: { title: 'Other' } }] } } },
    });
  });

  test('deletes a user', async () => {
    await mutate('upsertUsers', { users: [{ externalId: 'leaving' }] }, 'users { id }');
    expect(await mutate('deleteUser', { user: 'leaving' }, 'deletedId')).toEqual({
      deletedId: encodeGlobalId('User', 'leaving'),
      userErrors: [],
    });
    expect(await mutate('deleteUser', { user: 'leaving' }, 'deletedId')).toEqual({
      deletedId: null,
      userErrors: [
        {
          code: 'USER_NOT_FOUND',
          field: ['input', 'user'],
          message: 'user: there is no user with the ID "leaving"',
        },
      ],
    });
  });

  test.each<[string, object, string, readonly string[]]>([
    [
      'upsertUsers',
      { users: [{ externalId: '' }, { externalId: 'x', features: { shoe: 1 } }] },
      'users { id }',
      ['users.0.externalId BAD_USER_INPUT', 'users.1.features.shoe BAD_USER_INPUT'],
    ],
    ['upsertUsers', { users: [] }, 'users { id }', ['users BAD_USER_INPUT']],
    [
      'upsertItems',
      {
        items: [
          { externalId: 'x', title: '' },
          { externalId: 'x', title: 'X' },
        ],
      },
      'items { id }',
      ['items.1.externalId BAD_USER_INPUT', 'items.0.title BAD_USER_INPUT'],
    ],
    [
      'upsertScenarios',
      { scenarios: [{ externalId: 'x', title: '\0' }] },
      'scenarios { id }',
      ['scenarios.0.title BAD_USER_INPUT'],
    ],
    ['setScenarioItems', { scenario: 's1', items: ['i1', 'nothing'] }, 'scenario { id }', ['items.1 ITEM_NOT_FOUND']],
    ['setItemAvailability', { items: ['i1', 'nothing'], available: false }, 'items { id }', ['items.1 ITEM_NOT_FOUND']],
    [
      'declareFeatureFields',
      { fields: [{ entity: 'ITEM', name: 'length', kind: 'CATEGORICAL' }] },
      'featureFields { name }',
      ['fields.0.kind BAD_USER_INPUT'],
    ],
  ])(
    '%s reports each problem with the path to its field, and stores nothing',
    async (field, input, payload, problems) => {
      const stored = () =>
        Promise.all([
          db.database.user.findMany(),
          db.database.item.findMany(),
          db.database.scenario.findMany(),
          db.database.scenarioItem.findMany(),
          db.database.featureField.findMany(),
        ]);
      const before = await stored();
      const { userErrors, ...rest } = await mutate(field, input, payload);
      expect(Object.values(rest)).toEqual([null]);
      expect(
        (userErrors as { field: string[]; code: string }[]).map(
          (problem) => `${problem.field.slice(1).join('.')} ${problem.code}`,
        ),
      ).toEqual(problems);
      expect((userErrors as { field: string[] }[]).every((problem) => problem.field[0] === 'input')).toBe(true);
      expect(await stored()).toEqual(before);
    },
  );
});
