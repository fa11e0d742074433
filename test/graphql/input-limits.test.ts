import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { buildSchema, isInputObjectType, isObjectType } from 'graphql';
import { inputLimits } from '../../src/graphql/input-limits.ts';
import { listInteractions } from '../../src/interactions/find-interactions.ts';
import { countStatements } from '../support/count-statements.ts';
import { testDatabase } from '../support/test-database.ts';
import { keyLookUp, type Response, testServer } from '../support/test-server.ts';

const many = <Value>(length: number, value: Value) => Array.from({ length }, () => value);

describe('the input of a query', () => {
  const db = testDatabase();
  const server = testServer(db);
  const development = testServer(db, { introspection: true });

  async function respond(query: string, variables: object = {}): Promise<Response & { statements: number }> {
    let response: Response | undefined;
    const statements = await countStatements(async () => {
      response = await server.ask(query, variables);
    });
    return { ...(response as Response), statements };
  }

  async function refused(query: string, variables?: object): Promise<string> {
    const { statements, status, data, errors } = await respond(query, variables);
    expect(statements).toBe(0);
    expect(status).toBe(400);
    expect(data).toBeUndefined();
    expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code: 'BAD_USER_INPUT' }]);
    return errors?.[0]?.message as string;
  }

  const filtered = 'query ($f: ItemFilter) { items(filter: $f) { edges { cursor } } }';
  const recommended =
    'query ($for: RecommendationTarget!, $x: [ID!]) { recommendations(for: $for, exclude: $x) { edges { cursor } } }';
  const condition = { feature: 'genre', in: ['a'] };
  const visited = { item: 'i', type: 'VIEW' };

  test.each<[string, string, object, string]>([
    ['a page above 100', '{ users(first: 101) { edges { cursor } } }', {}, 'first: expected 1 to 100, got 101'],
    ['a page of 0', '{ users(first: 0) { edges { cursor } } }', {}, 'first: expected 1 to 100, got 0'],
    [
      'a nested page in a fragment',
      `query ($n: Int!) { users { edges { node { ...of } } } }
       fragment of on User { interactions(first: $n) { edges { cursor } } }`,
      { n: 101 },
      'first: expected 1 to 100, got 101',
    ],
    [
      'more than 100 nodes',
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
      { ids: many(101, 'x') },
      'ids: expected at most 100, got 101',
    ],
    [
      'more than 1,000 excluded IDs',
      recommended,
      { for: { user: 'u1' }, x: many(1001, 'i') },
      'exclude: expected at most 1000 IDs, got 1001',
    ],
    [
      'a visitor with more than 100 interactions',
      recommended,
      { for: { visitor: { interactions: many(101, visited) } } },
      'for.visitor.interactions: expected at most 100, got 101',
    ],
    [
      'more than 20 conditions',
      filtered,
      { f: { features: many(21, condition) } },
      'filter.features: expected at most 20 conditions, got 21',
    ],
    [
      'more than 100 values in a condition',
      filtered,
      { f: { features: [condition, { feature: 'genre', notIn: many(101, 'a') }] } },
      'filter.features.1.notIn: expected at most 100 values, got 101',
    ],
    [
      'more than 20 shelves',
      'query ($s: [ID!]!) { shelves(for: { user: "u1" }, scenarios: $s) { scenario { id } } }',
      { s: many(21, 's') },
      'scenarios: expected 1 to 20 scenarios, got 21',
    ],
    [
      'more than 20 tasks',
      'query ($t: [TaskInput!]!) { routeComparison(tasks: $t) { distances } }',
      { t: many(21, { user: 'u1' }) },
      'tasks: expected 1 to 20, got 21',
    ],
    [
      'a sample above 500',
      '{ contextMap(taskKind: USER, sample: 501) { method } }',
      {},
      'sample: expected 3 to 500, got 501',
    ],
  ])('is refused without a statement if it exceeds a limit: %s', async (_what, query, variables, message) => {
    expect(await refused(query, variables)).toBe(message);
  });

  test('is accepted at the limits', async () => {
    const conditions = many(20, { feature: 'genre', in: many(100, 'a') });
    for (const [query, variables] of [
      ['{ users(first: 100) { edges { cursor } } }', {}],
      ['query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: many(100, 'x') }],
      [filtered, { f: { features: conditions } }],
      [recommended, { for: { visitor: { interactions: many(100, visited) } }, x: many(1000, 'i') }],
    ] as const)
      expect((await respond(query, variables)).statements).toBeGreaterThanOrEqual(keyLookUp);
  });

  test('is refused in the payload if a batch is too large, with only the statement that looks up the key', async () => {
    const batches: [field: string, type: string, row: unknown, size: number][] = [
      ['recordInteractions(input: { interactions: $rows })', '[InteractionInput!]!', { user: 'u', ...visited }, 501],
      ['upsertUsers(input: { users: $rows })', '[UserInput!]!', { externalId: 'u' }, 501],
      ['upsertItems(input: { items: $rows })', '[ItemInput!]!', { externalId: 'i', title: 'i' }, 501],
      ['upsertScenarios(input: { scenarios: $rows })', '[ScenarioInput!]!', { externalId: 's', title: 's' }, 501],
      ['setItemAvailability(input: { items: $rows, available: true })', '[ID!]!', 'i', 501],
      ['setScenarioItems(input: { scenario: "s", items: $rows })', '[ID!]!', 'i', 10_001],
      [
        'declareFeatureFields(input: { fields: $rows })',
        '[FeatureFieldInput!]!',
        { entity: 'USER', name: 'f', kind: 'NUMERIC' },
        101,
      ],
      [
        'undeclareFeatureFields(input: { fields: $rows })',
        '[UndeclaredFeatureFieldInput!]!',
        { entity: 'USER', name: 'f' },
        101,
      ],
    ];
    for (const [field, type, row, size] of batches) {
      const query = `mutation ($rows: ${type}) { ${field} { userErrors { code message } } }`;
      const { statements, status, data, errors } = await respond(query, { rows: many(size, row) });
      expect([field, statements, status, errors]).toEqual([field, keyLookUp, 200, undefined]);
      expect(Object.values(data ?? {})).toMatchObject([
        { userErrors: [{ code: 'BAD_USER_INPUT', message: expect.stringContaining(`got ${size}`) }] },
      ]);
    }
  });

  test('is reduced to distinct interaction types', async () => {
    const types = many<'VIEW'>(70_000, 'VIEW');
    const sent: unknown[] = [];
    const database = new Proxy(db.database, {
      get: (of, name) =>
        name === '$queryRaw'
          ? (statement: { values: unknown[] }) => sent.push(...statement.values)
          : Reflect.get(of, name),
    });
    await listInteractions(database, { limit: 1, after: undefined, types });
    expect(sent).toContainEqual(['VIEW']);
    const query = 'query ($t: [InteractionType!]) { interactions(types: $t) { edges { cursor } } }';
    expect((await server.ask(query, { t: types })).errors).toBeUndefined();
  });

  test('is refused with a clear reason if a required variable is null or missing', async () => {
    const items = 'query ($n: Int) { items(first: $n) { edges { cursor } } }';
    expect(await refused(items, { n: null })).toMatch(/^Argument "first" of non-null type "Int!" must not be null/);
    expect((await server.ask(items)).errors).toBeUndefined();
    const target = 'query ($u: ID) { recommendations(for: { user: $u }) { edges { cursor } } }';
    expect(await refused(target)).toMatch(/"for"/);
    expect(await refused(target, { u: null })).toMatch(/"for"|"user"|"u"/);
    const part = 'query ($all: Boolean = true) { __typename @include(if: $all) }';
    expect(await refused(part, { all: null })).toMatch(/"if"/);
  });

  test.each<[string, string, object]>([
    [
      'a field of a variable',
      'mutation ($i: UpsertUsersInput!) { upsertUsers(input: $i) { userErrors { code } } }',
      { i: { users: [{ externalId: 'u', feature: {} }] } },
    ],
    [
      'a value of an enum in a variable',
      'query ($k: TaskKind) { modelVersions(taskKind: $k) { edges { cursor } } }',
      { k: 'USERS' },
    ],
    ['a value of an enum', '{ modelVersions(taskKind: USERS) { edges { cursor } } }', {}],
    [
      'a field of an object',
      'mutation { upsertUsers(input: { users: [{ externalId: "u", feature: {} }] }) { userErrors { code } } }',
      {},
    ],
    ['a field', '{ item(externalId: "i") { tittle } }', {}],
    ['an argument', '{ items(frist: 1) { edges { cursor } } }', {}],
  ])('is refused without names from the schema in production: %s', async (_what, query, variables) => {
    const messages = async (of: typeof server) =>
      (await of.ask(query, variables)).errors?.map(({ message }) => message).join('\n');
    expect(await messages(development)).toMatch(/Did you mean/);
    const told = await messages(server);
    expect(told).toBeTruthy();
    expect(told).not.toMatch(/Did you mean/);
  });

  test('is shortened in messages', async () => {
    const long = 'x'.repeat(400_000);
    const items = 'query ($n: Int!) { items(first: $n) { edges { cursor } } }';
    const asks: [string, object][] = [
      [items, { n: long }],
      [items, { n: { [long]: 1 } }],
      [items, { n: `${'"\\'.repeat(100_000)}\\` }],
      ['query ($t: [InteractionType!]) { interactions(types: $t) { edges { cursor } } }', { t: many(9, long) }],
      [`{ items(first: "${long}") { edges { cursor } } }`, {}],
      [`{ items(first: 1) "${long}" }`, {}],
      [`{ recommendations(for: { user: $u, visitor: "${long}" }) { edges { cursor } } }`, {}],
      [`{ ${long} }`, {}],
    ];
    for (const [query, variables] of asks) {
      const { errors = [] } = await server.ask(query, variables);
      expect(errors.length).toBeGreaterThan(0);
      for (const { message } of errors) expect(message.length).toBeLessThanOrEqual(6 * 301);
    }
    const { errors } = await server.ask(items, { n: long });
    expect(errors?.[0]?.message).toMatch(
      /^Variable "\$n" got invalid value "x+…"; Int cannot represent non-integer value: "x+…"$/,
    );
    expect(errors?.[0]?.message.length).toBeLessThanOrEqual(300);
  });
});

test('every row of the limits is an argument of a field or a field of an input', async () => {
  const schema = buildSchema(await readFile('schema.graphql', 'utf8'));
  for (const name of Object.keys(inputLimits)) {
    const [type = '', field = '', argument] = name.split('.');
    const found = schema.getType(type);
    const there = isInputObjectType(found)
      ? field in found.getFields()
      : isObjectType(found) && found.getFields()[field]?.args.some((each) => each.name === argument);
    expect([name, there]).toEqual([name, true]);
  }
});
