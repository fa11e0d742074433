import { describe, expect, test } from '@jest/globals';
import { testDatabase } from '../support/test-database.ts';
import { testServer } from '../support/test-server.ts';

describe('the GraphQL server', () => {
  const server = testServer(testDatabase());

  test.each([
    ['a field that does not exist', '{ user(externalId: "u1") { password } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a document that does not parse', '{ user(', 'GRAPHQL_PARSE_FAILED'],
    ['an operation that is not in the document', '', 'BAD_REQUEST'],
  ])('answers %s with a documented code', async (_what, query, code) => {
    const { errors } = await server.ask(query);
    expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code }]);
  });

  test('refuses introspection in production, and says which setting allows it', async () => {
    const { errors } = await server.ask('{ __schema { queryType { name } } }');
    expect(errors?.map(({ message, extensions }) => [message, extensions])).toEqual([
      [expect.stringMatching(/^introspection .* NODE_ENV=development$/), { code: 'GRAPHQL_VALIDATION_FAILED' }],
    ]);
  });

  test('an error of one field does not affect the other fields', async () => {
    const { data, errors } = await server.ask(`{
      popularItems { edges { cursor } }
      recommendations(for: { user: "nobody" }) { edges { cursor } }
    }`);
    expect(data).toEqual({ popularItems: { edges: [] }, recommendations: null });
    expect(errors).toMatchObject([{ path: ['recommendations'], extensions: { code: 'USER_NOT_FOUND' } }]);
  });
});

describe('a database that cannot do its work', () => {
  const db = testDatabase();
  const server = testServer(db);
  const add = '{ upsertItems(input: { items: [{ externalId: "a", title: "A" }] }) { items { externalId } } }';

  test('makes a mutation UNAVAILABLE, and the message says what is exhausted', async () => {
    await db.pool.query(`SELECT setval('items_id_seq', 2147483647)`);
    const { status, errors } = await server.ask(`mutation ${add}`);
    expect({ status, errors }).toMatchObject({
      status: 503,
      errors: [
        {
          message:
            'the database has no more IDs for new rows: sequence "items_id_seq" is at its end; tell its operator, and try again later',
          extensions: { code: 'UNAVAILABLE' },
        },
      ],
    });
    const { data } = await server.ask('{ items { edges { cursor } } }');
    expect(data).toEqual({ items: { edges: [] } });
  });
});
