import { beforeAll, describe, expect, test } from '@jest/globals';
import { upsertUsers } from '../../src/catalog/upsert-users.ts';
import { testDatabase } from '../support/test-database.ts';
import { testServer } from '../support/test-server.ts';

describe('IDs', () => {
  const db = testDatabase();
  const server = testServer(db);

  /** Sends variables as JSON text, since JavaScript would round numbers in them. */
  const send = async (query: string, variables: string) => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: server.authorization },
      body: `{ "query": ${JSON.stringify(query)}, "variables": ${variables} }`,
    });
    return (await response.json()) as {
      data?: Record<string, unknown>;
      errors?: { message: string; extensions: { code: string } }[];
    };
  };
  const upsert = `mutation ($input: UpsertUsersInput!) {
    upsertUsers(input: $input) { users { externalId } userErrors { message } }
  }`;
  const one = 'query ($id: ID!) { user(externalId: $id) { externalId } }';

  beforeAll(async () => {
    await upsertUsers(
      db.database,
      ['1541815603606036481', '1541815603606036482', '9007199254740991', '-5', '7'].map((externalId) => ({
        externalId,
      })),
    );
  });

  test.each(['1541815603606036481', '9007199254740992', '-9007199254740992', '1.5', '1e300', '1e999'])(
    'cannot be the number %s in variables, which JSON may have rounded',
    async (number) => {
      const before = await db.database.user.count();
      for (const sent of [
        send(one, `{ "id": ${number} }`),
        send(upsert, `{ "input": { "users": [{ "externalId": "new" }, { "externalId": ${number} }] } }`),
      ]) {
        const { data, errors } = await sent;
        expect(data?.user ?? data?.upsertUsers).toBeUndefined();
        expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
        expect(errors?.[0]?.message).toContain('send IDs as strings');
      }
      expect(await db.database.user.count()).toBe(before);
    },
  );

  test.each([
    ['9007199254740991', '9007199254740991'],
    ['-5', '-5'],
    ['7.0', '7'],
    ['"1541815603606036481"', '1541815603606036481'],
    ['"1541815603606036482"', '1541815603606036482'],
  ])('can be %s in variables', async (sent, externalId) => {
    expect(await send(one, `{ "id": ${sent} }`)).toEqual({ data: { user: { externalId } } });
  });

  test('can be any whole number in a document, where nothing rounds it', async () => {
    const { data } = await send(
      '{ a: user(externalId: 1541815603606036481) { externalId } b: user(externalId: 1541815603606036482) { externalId } }',
      '{}',
    );
    expect(data).toEqual({ a: { externalId: '1541815603606036481' }, b: { externalId: '1541815603606036482' } });
  });
});
