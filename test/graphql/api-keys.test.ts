import { describe, expect, test } from '@jest/globals';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { testDatabase } from '../support/test-database.ts';
import { testServer } from '../support/test-server.ts';

const create = `mutation ($input: CreateApiKeyInput!) {
  createApiKey(input: $input) { apiKey { id name role prefix expiresAt revokedAt } secret userErrors { code field message } }
}`;
const revoke = `mutation ($apiKey: ID!) {
  revokeApiKey(input: { apiKey: $apiKey }) { apiKey { id revokedAt } userErrors { code field message } }
}`;

interface Created {
  readonly createApiKey: {
    readonly apiKey: { readonly id: string } | null;
    readonly secret: string | null;
    readonly userErrors: object[];
  };
}

describe('API keys over GraphQL', () => {
  const db = testDatabase();
  const server = testServer(db);
  const make = async (input: object) => (await server.ask(create, { input })).data as unknown as Created;

  test('a key is accepted until it is revoked, and refused from the next request on', async () => {
    const expiresAt = '2099-01-01T00:00:00.000Z';
    const { createApiKey } = await make({ name: 'shop', role: 'CLIENT', expiresAt });
    expect(createApiKey).toMatchObject({
      apiKey: { name: 'shop', role: 'CLIENT', expiresAt, revokedAt: null },
      secret: expect.stringMatching(/^wsk_/),
      userErrors: [],
    });
    const authorization = `Bearer ${createApiKey.secret}`;
    const ask = () => server.ask('{ featureFields { name } }', {}, { authorization });
    expect((await ask()).status).toBe(200);
    const { data } = await server.ask(revoke, { apiKey: createApiKey.apiKey?.id });
    expect(data).toMatchObject({
      revokeApiKey: { apiKey: { revokedAt: expect.any(String) }, userErrors: [] },
    });
    expect(await ask()).toMatchObject({ status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });

  test('are listed newest first, page by page, without secrets', async () => {
    await make({ name: 'first', role: 'CLIENT' });
    const { secret } = (await make({ name: 'latest', role: 'ADMIN' })).createApiKey;
    const query = `query ($after: String) { apiKeys(first: 1, after: $after) {
      edges { node { name prefix lastUsedAt } } pageInfo { hasNextPage endCursor } } }`;
    const names: string[] = [];
    let after: string | null = null;
    do {
      const { data } = await server.ask(query, { after });
      const page = data?.apiKeys as {
        edges: { node: { name: string } }[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
      };
      expect(JSON.stringify(page)).not.toContain(secret);
      names.push(...page.edges.map(({ node }) => node.name));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after);
    expect(names.slice(0, 2)).toEqual(['latest', 'first']);
    // The key of the tests is the oldest.
    expect(names.at(-1)).toBe('tests');
  });

  test.each([
    ['an empty name', { name: '' }, ['input', 'name']],
    ['an expiry in the past', { expiresAt: '2020-01-01T00:00:00Z' }, ['input', 'expiresAt']],
  ])('createApiKey reports %s in userErrors and creates no key', async (_what, wrong, field) => {
    const before = await db.database.apiKey.count();
    const { createApiKey } = await make({ name: 'fine', role: 'CLIENT', ...wrong });
    expect(createApiKey).toEqual({
      apiKey: null,
      secret: null,
      userErrors: [{ code: 'BAD_USER_INPUT', field, message: expect.any(String) }],
    });
    expect(await db.database.apiKey.count()).toBe(before);
  });

  test.each([
    ['that does not exist', encodeGlobalId('ApiKey', 2 ** 31 - 1)],
    ['beyond the largest key', encodeGlobalId('ApiKey', 2 ** 31)],
    ['of another type', encodeGlobalId('TrainingRun', 1)],
    ['that is not a global ID', 'nonsense'],
  ])('revokeApiKey reports an ID %s in userErrors', async (_what, apiKey) => {
    const { data } = await server.ask(revoke, { apiKey });
    expect(data).toMatchObject({
      revokeApiKey: { apiKey: null, userErrors: [{ code: 'API_KEY_NOT_FOUND', field: ['input', 'apiKey'] }] },
    });
  });
});
