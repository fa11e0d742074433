import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { testServer } from '../support/test-server.ts';

const record = `mutation ($input: RecordInteractionInput!) {
  recordInteraction(input: $input) {
    recorded
    interaction { type value occurredAt user { id features } item { id title } scenario { id title } }
  }
}`;

describe('the GraphQL server', () => {
  const db = testDatabase();
  const server = testServer(db);

  beforeAll(async () => {
    const scenarios = [{ id: 's1', title: 'First', items: ['i1', 'i2', 'i3'] }];
    const dataset = smallDataset({ ...smallCatalog(4, 8), scenarios });
    await loadDataset(db.pool, dataset, { ratingScale: { minimum: 1, maximum: 5 } });
  });

  test('answers for a user, an item and a scenario by the client’s ids', async () => {
    const { data, errors } = await server.ask(`{
      user(id: "u1") { id features createdAt }
      item(id: "i2") { id title features available }
      scenario(id: "s1") { id title items(first: 2) { edges { node { id } } pageInfo { hasNextPage endCursor } } }
    }`);
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({
      user: { id: 'u1', features: { region: 'north' }, createdAt: expect.stringMatching(/^\d{4}-.*Z$/) },
      item: { id: 'i2', title: 'Item 2', features: { genres: ['even'], length: 2 }, available: true },
      scenario: {
        id: 's1',
        title: 'First',
        items: { edges: [{ node: { id: 'i1' } }, { node: { id: 'i2' } }] },
      },
    });
  });

  test('pages through a scenario’s items', async () => {
    const page = (after?: string) =>
      server.ask(
        `query ($after: String) { scenario(id: "s1") {
          items(first: 2, after: $after) { edges { node { id } } pageInfo { hasNextPage hasPreviousPage endCursor } } } }`,
        { after },
      );
    const first = (await page()).data as { scenario: { items: { pageInfo: { endCursor: string } } } };
    const second = await page(first.scenario.items.pageInfo.endCursor);
    expect(second.data).toMatchObject({
      scenario: {
        items: { edges: [{ node: { id: 'i3' } }], pageInfo: { hasNextPage: false, hasPreviousPage: true } },
      },
    });
  });

  describe('answers a mistake with a documented code and stores nothing', () => {
    const rating = { userId: 'u2', itemId: 'i1', type: 'RATE', value: 3 };

    test.each<[string, string, object, string]>([
      [
        'a bad cursor of a scenario',
        '{ scenario(id: "s1") { items(after: "x") { pageInfo { hasNextPage } } } }',
        {},
        'INVALID_CURSOR',
      ],
      ['an unknown user', '{ user(id: "nobody") { id } }', {}, 'USER_NOT_FOUND'],
      ['an unknown item', '{ item(id: "nothing") { id } }', {}, 'ITEM_NOT_FOUND'],
      ['an unknown scenario', '{ scenario(id: "nowhere") { id } }', {}, 'SCENARIO_NOT_FOUND'],
      ['an id with U+0000', 'query ($id: ID!) { user(id: $id) { id } }', { id: 'a\0' }, 'BAD_USER_INPUT'],
      [
        'an interaction of an unknown user',
        record,
        { input: { ...rating, userId: 'nobody' } },
        'USER_NOT_FOUND',
      ],
      [
        'an interaction with an unknown item',
        record,
        { input: { ...rating, itemId: 'nothing' } },
        'ITEM_NOT_FOUND',
      ],
      [
        'an interaction in an unknown scenario',
        record,
        { input: { ...rating, scenarioId: 'x' } },
        'SCENARIO_NOT_FOUND',
      ],
      ['a value that is not a number', record, { input: { ...rating, value: 'four' } }, 'BAD_USER_INPUT'],
      ['a value beyond any number', record, { input: { ...rating, value: '1e999' } }, 'BAD_USER_INPUT'],
      ['a rating off the scale', record, { input: { ...rating, value: 5.5 } }, 'BAD_USER_INPUT'],
      ['a rating without a value', record, { input: { ...rating, value: null } }, 'BAD_USER_INPUT'],
      ['an unknown type', record, { input: { ...rating, type: 'LIKE' } }, 'BAD_USER_INPUT'],
      ['a time that is none', record, { input: { ...rating, occurredAt: 'yesterday' } }, 'BAD_USER_INPUT'],
      [
        'a literal that is not a number',
        'mutation { recordInteraction(input: { userId: "u2", itemId: "i1", type: RATE, value: "four" }) { recorded } }',
        {},
        'GRAPHQL_VALIDATION_FAILED',
      ],
      ['a field that is not there', '{ user(id: "u1") { password } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
      ['a query that does not parse', '{ user(', {}, 'GRAPHQL_PARSE_FAILED'],
    ])('%s', async (_what, query, variables, code) => {
      const before = await db.database.interaction.count();
      const { errors } = await server.ask(query, variables);
      expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code }]);
      expect(await db.database.interaction.count()).toBe(before);
    });

    test('a body that is a number beyond all numbers', async () => {
      const body = JSON.stringify({ query: record, variables: { input: rating } }).replace(
        '"value":3',
        '"value":1e999',
      );
      const response = await fetch(server.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    });
  });

  test('one field’s error leaves the others of the operation standing', async () => {
    const { data, errors } = await server.ask('{ user(id: "u1") { id } item(id: "nothing") { id } }');
    expect(data).toEqual({ user: { id: 'u1' }, item: null });
    expect(errors).toMatchObject([{ path: ['item'], extensions: { code: 'ITEM_NOT_FOUND' } }]);
  });

  test('what goes wrong inside is shown without its reason', async () => {
    await db.pool.query('ALTER TABLE scenarios RENAME TO hidden');
    const { errors } = await server.ask('{ scenario(id: "s1") { id } }');
    await db.pool.query('ALTER TABLE hidden RENAME TO scenarios');
    expect(errors).toMatchObject([
      { message: 'internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR' } },
    ]);
  });

  test('refuses mutations by GET and requests that a cross-site form could send', async () => {
    const get = await fetch(`${server.url}?query=${encodeURIComponent('mutation { __typename }')}`, {
      headers: { 'apollo-require-preflight': 'true' },
    });
    expect(get.status).toBe(405);
    const form = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: '{"query":"{__typename}"}',
    });
    expect(form.status).toBe(400);
  });

  test('refuses introspection unless it is switched on, and suggests no field names', async () => {
    expect((await server.ask('{ __schema { types { name } } }')).errors?.[0]?.extensions.code).toBe(
      'GRAPHQL_VALIDATION_FAILED',
    );
    expect((await server.ask('{ item(id: "i1") { titel } }')).errors?.[0]?.message).not.toContain('title');
  });

  test.each([
    [
      'above the limit',
      JSON.stringify({ query: '{ __typename }', variables: { padding: 'x'.repeat(200_000) } }),
      413,
    ],
    ['that is not JSON', '{"query":', 400],
  ])('refuses a body %s, without a stack', async (_what, body, status) => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: 'BAD_REQUEST' } }],
    });
  });
});
