import { request } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { testDatabase } from '../support/test-database.ts';
import { testServer } from '../support/test-server.ts';

const json = { 'content-type': 'application/json' };
const typename = JSON.stringify({ query: '{ __typename }' });

describe('httpApp', () => {
  const db = testDatabase();
  const server = testServer(db);
  const development = testServer(db, { introspection: true });
  const shop = testServer(db, { corsOrigins: ['https://shop.example', 'https://m.shop.example'] });

  const post = (body: string, headers: Record<string, string> = json, url = server.url) =>
    fetch(url, { method: 'POST', headers, body });
  const at = (path: string) => new URL(path, server.url).href;

  test('answers a query by POST as JSON that browsers must not sniff, frame or store', async () => {
    const response = await post(typename);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': expect.stringMatching(/^application\/json/),
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect(response.headers.has('x-powered-by')).toBe(false);
  });

  test('answers a query by GET only with a header that a form of another site cannot send', async () => {
    const url = `${server.url}?query=${encodeURIComponent('{ __typename }')}`;
    expect((await fetch(url)).status).toBe(400);
    const response = await fetch(url, { headers: { 'apollo-require-preflight': 'true' } });
    expect(response.status).toBe(200);
  });

  test('accepts requests of browsers only from pages of the allowed origins', async () => {
    const preflight = (url: string, origin: string) =>
      fetch(url, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type',
        },
      });
    const allowed = await preflight(shop.url, 'https://shop.example');
    expect(allowed.status).toBe(204);
    expect(Object.fromEntries(allowed.headers)).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-max-age': '3600',
    });
    const other = await preflight(shop.url, 'https://other.example');
    expect(other.headers.get('access-control-allow-origin')).not.toBe('https://other.example');
    const closed = await preflight(server.url, 'https://shop.example');
    expect([closed.status, closed.headers.has('access-control-allow-origin')]).toEqual([405, false]);
    const answered = await post(typename, { ...json, origin: 'https://shop.example' }, shop.url);
    expect(answered.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(answered.headers.get('access-control-expose-headers')).toContain('X-Request-Id');
  });

  test('refuses a mutation by GET with 405', async () => {
    const url = `${server.url}?query=${encodeURIComponent('mutation { __typename }')}`;
    const response = await fetch(url, { headers: { 'apollo-require-preflight': 'true' } });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
  });

  test.each(['PUT', 'DELETE', 'OPTIONS', 'PATCH'])('refuses %s with 405', async (method) => {
    const response = await fetch(server.url, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, POST');
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  test.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data', 'application/graphql'])(
    'refuses a body of type %s with 415',
    async (type) => {
      const response = await post('query={__typename}', { 'content-type': type });
      expect(response.status).toBe(415);
      expect(await response.json()).toMatchObject({
        errors: [{ message: expect.stringContaining(type), extensions: { code: 'BAD_REQUEST' } }],
      });
    },
  );

  test.each<[string, string, number]>([
    ['above the limit', JSON.stringify({ query: '{ __typename }', padding: 'x'.repeat(1_000_000) }), 413],
    ['of a document of a megabyte', JSON.stringify({ query: '{a'.repeat(500_000) }), 413],
    ['that is not JSON', '{"query":', 400],
    ['that is not an object', '"{ __typename }"', 400],
    ['without a query', '{"variables":{}}', 400],
    ['that is a batch', `[${typename},${typename}]`, 400],
    ['that is empty', '', 400],
    ['whose query is not a string', '{"query":{"kind":"Document"}}', 400],
    ['whose variables are not an object', '{"query":"{__typename}","variables":"x"}', 400],
  ])('refuses a body %s as a GraphQL response without a stack', async (_what, body, status) => {
    const response = await post(body);
    const answer = await response.text();
    expect(response.status).toBe(status);
    expect(JSON.parse(answer)).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: 'BAD_REQUEST' } }],
    });
    expect(answer).not.toMatch(/stack|node_modules|\.ts:/i);
  });

  test('does not store persisted queries', async () => {
    const persistedQuery = { version: 1, sha256Hash: 'x' };
    const response = await post(JSON.stringify({ query: '{ __typename }', extensions: { persistedQuery } }));
    expect(await response.json()).toMatchObject({
      errors: [{ message: 'PersistedQueryNotSupported', extensions: { code: 'BAD_REQUEST' } }],
    });
  });

  test('refuses a body in an encoding other than UTF-8 with 415', async () => {
    const headers = { 'content-type': 'application/json; charset=utf-16le' };
    const response = await fetch(server.url, {
      method: 'POST',
      headers,
      body: Buffer.from(typename, 'utf16le'),
    });
    expect(response.status).toBe(415);
  });

  test('refuses variables that are nested a hundred thousand deep', async () => {
    const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const response = await post(`{"query":"{ __typename }","variables":{"id":${nested}}}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    const brackets = JSON.stringify({ query: '{ __typename }', variables: { text: '"[{'.repeat(1000) } });
    expect((await post(brackets)).status).toBe(200);
  });

  test.each(['/', '/graphql/x', '/graphiql', '/.env', '/healthz/x'])('answers 404 as JSON at %s', async (path) => {
    const response = await fetch(at(path), { method: 'POST', headers: json, body: typename });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  test('refuses a path that cannot be decoded', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      request(at('/'), { path: '/%E0%A4%A' }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect([400, 404]).toContain(status);
  });

  test('refuses introspection in production, and answers it in development', async () => {
    const query = '{ __schema { types { fields { type { ofType { ofType { name } } } } } } }';
    const refused = await server.ask(query);
    expect(refused.errors?.[0]?.extensions).toEqual({ code: 'GRAPHQL_VALIDATION_FAILED' });
    const answered = await development.ask(query);
    expect(answered.errors).toBeUndefined();
  });

  test('suggests similar names only in development', async () => {
    const misspelled = '{ item(externalId: "i1") { titel } }';
    expect((await development.ask(misspelled)).errors?.[0]?.message).toContain('Did you mean "title"');
    expect((await server.ask(misspelled)).errors?.[0]?.message).not.toMatch(/did you mean|title/i);
    const argument = '{ item(externalIt: "i1") { title } }';
    expect((await server.ask(argument)).errors?.map(({ message }) => message).join()).not.toMatch(/did you/i);
  });

  test('hides the reason of an internal error, in development too', async () => {
    await db.pool.query('ALTER TABLE scenarios RENAME TO hidden');
    try {
      for (const { ask } of [server, development]) {
        const { errors } = await ask('{ scenario(externalId: "s1") { id } }');
        expect(errors).toEqual([
          {
            message: 'internal server error',
            locations: expect.anything(),
            path: ['scenario'],
            extensions: { code: 'INTERNAL_SERVER_ERROR' },
          },
        ]);
      }
    } finally {
      await db.pool.query('ALTER TABLE hidden RENAME TO scenarios');
    }
  });
});
