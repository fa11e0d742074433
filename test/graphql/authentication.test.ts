import { describe, expect, test } from '@jest/globals';
import { generateKeyPair, SignJWT } from 'jose';
import { createApiKey, revokeApiKey } from '../../src/access/api-keys.ts';
import { endUserTokens, userToken } from '../support/caller-tokens.ts';
import { countStatements } from '../support/count-statements.ts';
import { testDatabase } from '../support/test-database.ts';
import { testServer } from '../support/test-server.ts';

describe('the authentication of requests', () => {
  const db = testDatabase();
  const server = testServer(db, { endUserTokens });
  const send = (authorization: string, query = '{ __typename }') =>
    fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify({ query }),
    });

  test('refuses an invalid key or token with status 401, for any operation', async () => {
    const revoked = await createApiKey(db.database, { name: 'revoked', role: 'ADMIN' });
    expect((await send(`Bearer ${revoked.secret}`)).status).toBe(200);
    await revokeApiKey(db.database, revoked.apiKey.id);
    server.forgetCallers();
    for (const authorization of [`Bearer ${revoked.secret}`, 'Bearer a.b.c', 'Basic eDp5', '']) {
      const response = await send(authorization);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      const body = (await response.json()) as { errors: { message: string; extensions: object }[] };
      expect(body).toEqual({
        errors: [
          {
            message: expect.stringMatching(/^Authorization: /),
            extensions: { code: 'UNAUTHENTICATED' },
          },
        ],
      });
    }
  });

  test('adds one statement for a key that is not remembered, and none for a token or without a credential', async () => {
    const user = await userToken('u1');
    server.forgetCallers();
    expect(await countStatements(() => send(server.authorization))).toBe(1);
    expect(await countStatements(() => send(user))).toBe(0);
    expect(await countStatements(() => server.ask('{ __typename }', {}, { authorization: null }))).toBe(0);
  });

  test('does not look up the key of an operation that is refused earlier', async () => {
    for (const query of ['{', '{ nothing }', '{ __schema { types { name } } }']) {
      expect(
        await countStatements(async () => {
          expect((await send(server.authorization, query)).status).toBe(400);
        }),
      ).toBe(0);
    }
  });

  test('is not needed for introspection, but for every field', async () => {
    const { data, errors } = await server.ask(
      '{ __typename item(externalId: "i1") { id } }',
      {},
      { authorization: null },
    );
    expect(data).toEqual({ __typename: 'Query', item: null });
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining('Authorization: Bearer'),
      path: ['item'],
      extensions: { code: 'UNAUTHENTICATED' },
    });
  });
});

describe('the authentication of requests while the keys of tokens cannot be fetched', () => {
  const db = testDatabase();
  const jwksUrl = new URL('http://127.0.0.1:1/keys');
  const server = testServer(db, { endUserTokens: { ...endUserTokens, algorithms: ['RS256'], key: { jwksUrl } } });

  test('answers tokens with 503 and Retry-After, and goes on with API keys', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    const token = await new SignJWT({ sub: 'u1' }).setProtectedHeader({ alg: 'RS256', kid: 'any' }).sign(privateKey);
    const send = (authorization: string) =>
      fetch(server.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: JSON.stringify({ query: '{ __typename }' }),
      });
    const refused = await send(`Bearer ${token}`);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await refused.json()).toEqual({
      errors: [{ message: expect.stringContaining('tokens'), extensions: { code: 'UNAVAILABLE' } }],
    });
    const answered = await send(server.authorization);
    expect(await answered.json()).toEqual({ data: { __typename: 'Query' } });
  });
});
