import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { buildSchema } from 'graphql';
import { pino } from 'pino';
import { makeSecret } from '../../src/access/api-key-secret.ts';
import { createApiKey, revokeApiKey } from '../../src/access/api-keys.ts';
import { readConfig } from '../../src/config.ts';
import { fieldCosts } from '../../src/graphql/field-costs.ts';
import { endUserTokens, userToken } from '../support/caller-tokens.ts';
import { countStatements } from '../support/count-statements.ts';
import { testDatabase } from '../support/test-database.ts';
import { type Response, testServer } from '../support/test-server.ts';

const { limits } = readConfig({});
const list = 'recommendations(for: { user: "u1" }, first: 100) { edges { node { title } } }';

describe('an operation that is too large is refused before it costs an SQL statement', () => {
  const db = testDatabase();
  const server = testServer(db);
  const development = testServer(db, { introspection: true });

  async function refused(query: string, variables?: object, cost = 0): Promise<Response> {
    let response: Response | undefined;
    const statements = await countStatements(async () => {
      response = await server.ask(query, variables);
    });
    expect(statements).toBe(cost);
    expect(response?.status).toBe(400);
    return response as Response;
  }

  const levels = (count: number) =>
    // Three levels per round: trainingRun, schedule, lastRun. The innermost field is a level too.
    `{ trainingRun(id: "x") { ${'schedule { lastRun { '.repeat(count)} id ${'} }'.repeat(count)} } }`;

  test.each<[string, string, RegExp]>([
    ['deeper than 12', levels(6), /^depth: expected at most 12 levels of fields, got 14/],
    [
      'deeper than 12 by its fragments',
      `{ trainingRun(id: "x") { ...a } } fragment a on TrainingRun { schedule { lastRun { ...b } } }
       fragment b on TrainingRun { ${'schedule { lastRun { '.repeat(5)} id ${'} }'.repeat(5)} }`,
      /^depth: expected at most 12 levels of fields, got 14/,
    ],
    [
      'with more than 30 aliases',
      `{ ${Array.from({ length: 31 }, (_, n) => `a${n}: __typename`).join(' ')} }`,
      /^aliases: expected at most 30 aliases, got 31/,
    ],
    [
      'with more than 30 directives',
      `{ __typename ${'@skip(if: false) '.repeat(31)} }`,
      /^directives: expected at most 30 directives, got 31/,
    ],
    ['of more than 1000 tokens', `{ ${'__typename '.repeat(1000)} }`, /^tokens: expected at most 1000/],
    [
      'with very many levels that are never closed',
      '{a'.repeat(300_000),
      /^tokens: expected at most 1000 in a document/,
    ],
    [
      'that costs more than 10000',
      '{ users(first: 100) { edges { node { interactions(first: 100) { edges { node { item { id } } } } } } } }',
      // 1 + 100 * (2 + 1 + 100 * 3)
      /^cost: expected an operation of at most 10000 points, got one of 30301/,
    ],
    [
      'whose fragments expand to more fields than can be counted',
      `{ ...f0 } ${Array.from({ length: 20 }, (_, n) => `fragment f${n} on Query { ...f${n + 1} ...f${n + 1} }`).join(' ')}
       fragment f20 on Query { __typename }`,
      /^fragments: expected at most 4000/,
    ],
  ])('%s', async (_what, query, message) => {
    const { data, errors } = await refused(query);
    expect(data).toBeUndefined();
    expect(errors?.map(({ extensions }) => extensions)).toContainEqual({ code: 'OPERATION_TOO_LARGE' });
    expect(errors?.find(({ extensions }) => extensions.code === 'OPERATION_TOO_LARGE')?.message).toMatch(message);
  });

  test('depth, aliases and directives at their limits are accepted', async () => {
    const atLimits = [
      levels(5),
      `{ ${Array.from({ length: 30 }, (_, n) => `a${n}: __typename`).join(' ')} }`,
      `{ __typename ${Array.from({ length: 30 }, () => '@skip(if: false)').join(' ')} }`,
    ];
    for (const query of atLimits) {
      const codes = (await server.ask(query)).errors?.map(({ extensions }) => extensions.code) ?? [];
      expect(codes).not.toContain('OPERATION_TOO_LARGE');
    }
  });

  test('values of variables and defaults count like literals', async () => {
    const users = '{ edges { node { interactions(first: 100) { edges { node { item { id } } } } } } }';
    for (const [head, variables] of [
      ['query ($n: Int!) { users(first: $n)', { n: 100 }],
      ['query ($n: Int! = 100) { users(first: $n)', {}],
    ] as const) {
      const { errors } = await refused(`${head} ${users} }`, variables);
      expect(errors?.[0]).toMatchObject({
        message: expect.stringContaining('got one of 30301'),
        extensions: { code: 'OPERATION_TOO_LARGE' },
      });
    }
    const small = await server.ask(`query ($n: Int!) { users(first: $n) ${users} }`, { n: 2 });
    expect(small.errors).toBeUndefined();
  });

  test('a skipped part costs nothing', async () => {
    const query = `query ($all: Boolean!) { __typename users(first: 100) @include(if: $all) {
      edges { node { interactions(first: 100) { edges { node { item { id } } } } } } } }`;
    expect((await refused(query, { all: true })).errors?.[0]?.extensions.code).toBe('OPERATION_TOO_LARGE');
    expect((await server.ask(query, { all: false })).data).toEqual({ __typename: 'Query' });
  });

  test('recording costs more than reading, since end users can do it', async () => {
    const query = `mutation ($rows: [InteractionInput!]!) { ${Array.from(
      { length: 4 },
      (_, n) => `a${n}: recordInteractions(input: { interactions: $rows }) { userErrors { code } }`,
    ).join(' ')} }`;
    const rows = Array.from({ length: 500 }, () => ({ user: 'u', item: 'i', type: 'VIEW' }));
    // (1 + 500 * (5 + 1)) * 4
    expect((await refused(query, { rows })).errors?.[0]?.message).toContain('got one of 12004');
  });

  test('a shelf costs less than a list, and the cost grows with the number of shelves, even if they are short', async () => {
    const query = `query ($scenarios: [ID!]!) { ${Array.from(
      { length: 30 },
      (_, n) => `a${n}: shelves(for: { user: "u" }, scenarios: $scenarios, first: 100) { scenario { id } }`,
    ).join(' ')} }`;
    const scenarios = Array.from({ length: 20 }, (_, n) => `s${n}`);
    // (6 + 4 * 20 + 20 * 100 * 1) * 30
    expect((await refused(query, { scenarios })).errors?.[0]?.message).toContain('got one of 62580');
  });

  test('similarItems costs as much as a list', async () => {
    const fields = Array.from(
      { length: 30 },
      (_, n) =>
        `a${n}: similarItems(item: "i", first: 100) { edges { node { interactionCount } modelVersion { number } } }`,
    );
    // (10 + 100 * 4) * 30: the catalog is empty.
    expect((await refused(`{ ${fields.join(' ')} }`)).errors?.[0]?.message).toContain('got one of 12300');
    const cost = (field: string) => {
      const base = fieldCosts[field]?.base;
      return typeof base === 'function' ? base({}, { items: 1_000_000 }) : base;
    };
    expect(cost('Query.similarItems')).toBe(10 + 990);
    expect(cost('Query.similarItems')).toBe(cost('Query.recommendations'));
  });

  test('a `first` that is too large is refused with its own error', async () => {
    const query = 'query ($n: Int!) { scenarios(first: $n) { edges { cursor } } }';
    const { errors } = await server.ask(query, { n: 2_147_483_647 });
    expect(errors?.[0]?.extensions.code).not.toBe('OPERATION_TOO_LARGE');
  });

  test('circular fragments are refused and crash nothing', async () => {
    const circle = `{ ...a } fragment a on Query { ...b __typename } fragment b on Query { ...a x: __typename }`;
    const { errors } = await refused(circle);
    expect(errors?.map(({ extensions }) => extensions.code)).toContain('GRAPHQL_VALIDATION_FAILED');
  });

  test('invalid variables are refused with their own error', async () => {
    const query = 'query ($n: Int!) { users(first: $n) { edges { cursor } } }';
    const { errors } = await refused(query, { n: 'x' });
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  test.each([
    ['a thousand times the same field', `{ ${'__typename '.repeat(990)} }`],
    [
      'many fields that overlap',
      `{ ${Array.from({ length: 30 }, (_, n) => `item(externalId: "i") { ...f${n} }`).join(' ')} }
       ${Array.from({ length: 30 }, (_, n) => `fragment f${n} on Item { ${'title '.repeat(12)} }`).join(' ')}`,
    ],
    ['many wrong fields', `{ ${Array.from({ length: 990 }, (_, n) => `wrong${n}`).join(' ')} }`],
  ])('the most expensive documents within the token limit are validated quickly: %s', async (_what, query) => {
    await server.ask(query);
    const milliseconds: number[] = [];
    for (let time = 0; time < 5; time++) {
      const started = performance.now();
      // A different comment each time, so that the document is not cached.
      await server.ask(`${query} # ${time}`);
      milliseconds.push(performance.now() - started);
    }
    // The minimum, since other load on the machine only adds time.
    expect(Math.min(...milliseconds)).toBeLessThan(200);
  });

  test('the introspection query of development tools is within the limits and answered in full', async () => {
    const { getIntrospectionQuery } = await import('graphql');
    const { status, data, errors } = await development.ask(getIntrospectionQuery());
    expect(status).toBe(200);
    expect(data?.__schema).toMatchObject({ queryType: { name: 'Query' } });
    expect(errors).toBeUndefined();
  });

  test('every row of the costs is a field with its arguments', async () => {
    const schema = buildSchema(await readFile('schema.graphql', 'utf8'));
    for (const [name, { base, times }] of Object.entries(fieldCosts)) {
      const [type = '', field = ''] = name.split('.');
      const found = schema.getType(type);
      const fields = found && 'getFields' in found ? found.getFields() : {};
      expect([name, field in fields]).toEqual([name, true]);
      expect(typeof base === 'function' ? base({}, { items: 10 }) : base).toBeGreaterThan(0);
      expect(times?.({}) ?? 1).toBeGreaterThan(0);
    }
  });
});

describe('a caller’s points per minute', () => {
  const db = testDatabase();
  const points = 1000;
  const server = testServer(db, {
    limits: { ...limits, costPerMinute: points, userCostPerMinute: points - 300, cost: points - 300 },
    endUserTokens,
  });
  const newKey = async () => (await createApiKey(db.database, { name: 'another', role: 'CLIENT' })).secret;

  const ask = async (query: string, headers: Record<string, string> = {}) => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query }),
    });
    const { errors } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
    return { response, code: errors?.[0]?.extensions.code };
  };

  test('are spent by operations, and a caller without points causes no statement', async () => {
    const key = { authorization: server.authorization };
    // 10 + 100 * 2 points each.
    for (let time = 0; time < 4; time++) expect((await ask(`{ ${list} }`, key)).response.status).toBe(200);
    const statements = await countStatements(async () => {
      const { response, code } = await ask(`{ ${list} }`, key);
      expect(response.status).toBe(429);
      expect(code).toBe('RATE_LIMITED');
      const seconds = Number(response.headers.get('retry-after'));
      expect(seconds).toBeGreaterThan(50);
      expect(seconds).toBeLessThanOrEqual(60);
    });
    expect(statements).toBe(0);
    expect((await ask('{ __typename }', key)).response.status).toBe(200);
  });

  test('are counted by identity, however the credential is written, and without a credential by address', async () => {
    const many = Array.from({ length: 5 }, () => `{ ${list} }`);
    const refused = async (of: readonly Record<string, string>[]) => {
      const answers = await Promise.all(many.map((query, n) => ask(query, of[n % of.length])));
      return answers.filter(({ response }) => response.status === 429).length;
    };
    const [one, two] = [await newKey(), await newKey()];
    expect(await refused([{ authorization: `Bearer ${one}` }, { authorization: `bearer   ${one}` }])).toBe(1);
    expect(await refused([{ authorization: `Bearer ${two}` }])).toBe(1);
    expect(await refused([{}])).toBe(2);
    expect((await ask(`{ ${list} }`, { 'x-forwarded-for': '10.0.0.1' })).response.status).toBe(429);
  });

  test('are shared by all tokens of a user, and a user has fewer than a key', async () => {
    const tokens = await Promise.all(Array.from({ length: 5 }, (_, n) => userToken('u1', String(n))));
    const answers = [];
    for (const token of tokens) answers.push(await ask(`{ ${list} }`, { authorization: token }));
    expect(answers.map(({ response }) => response.status)).toEqual([200, 200, 200, 429, 429]);
  });

  test('are also spent by a known caller’s request without an operation', async () => {
    const key = { authorization: `Bearer ${await newKey()}` };
    expect((await ask('{ __typename }', key)).response.status).toBe(200);
    const answers = await Promise.all(Array.from({ length: points }, () => ask('{', key)));
    expect(answers.filter(({ response }) => response.status === 400)).toHaveLength(points - 1);
    expect(answers.filter(({ code }) => code === 'RATE_LIMITED')).toHaveLength(1);
  });
});

describe('requests of unknown callers per minute and address', () => {
  const db = testDatabase();
  const server = testServer(db, { limits: { ...limits, requestsPerMinute: 10 } });
  const status = async (authorization: string | null) =>
    (await server.ask('{ __typename }', {}, { authorization })).status;

  test('are limited even with changing credentials, and known callers are not limited', async () => {
    expect(await status(server.authorization)).toBe(200);
    for (let time = 0; time < 9; time++) expect(await status(`Bearer junk${time}`)).toBe(401);
    expect(await status('Bearer another')).toBe(429);
    expect(await status(null)).toBe(429);
    for (let time = 0; time < 11; time++) expect(await status(server.authorization)).toBe(200);
  });
});

describe('behind a trusted proxy', () => {
  const db = testDatabase();
  const server = testServer(db, {
    limits: { ...limits, costPerMinute: 1, userCostPerMinute: 1, cost: 1 },
    trustedProxies: 1,
  });

  test('the address is the one that the proxy saw, not one that the client invented', async () => {
    const status = async (forwarded: string) =>
      (
        await fetch(`${server.url}?query={__typename}`, {
          headers: { 'apollo-require-preflight': '1', 'x-forwarded-for': forwarded },
        })
      ).status;
    expect(await status('10.0.0.1')).toBe(200);
    expect(await status('10.0.0.2')).toBe(200);
    expect(await status('made.up, 10.0.0.1')).toBe(429);
  });
});

describe('a server that trusts no proxy', () => {
  const db = testDatabase();
  const lines: { level: number; msg: string }[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const server = testServer(db, { logger });

  test('warns once if there is a proxy in front of it', async () => {
    const probe = (headers: Record<string, string>) => fetch(new URL('/healthz', server.url), { headers });
    const warnings = () => lines.filter(({ msg }) => msg.includes('WARMSTART_TRUSTED_PROXIES'));
    await probe({});
    expect(warnings()).toHaveLength(0);
    await probe({ 'x-forwarded-for': '10.0.0.1' });
    await probe({ 'x-forwarded-for': '10.0.0.2' });
    expect(warnings()).toHaveLength(1);
  });
});

describe('an address that presents too many wrong keys', () => {
  const db = testDatabase();
  const server = testServer(db, {
    limits: { ...limits, failedAuthenticationsPerMinute: 3 },
    endUserTokens,
  });
  const query = '{ __typename }';
  const ask = (authorization: string | null) => server.ask(query, {}, { authorization });
  const guess = () => `Bearer ${makeSecret()}`;
  const metrics = (authorization: string) => fetch(new URL('/metrics', server.url), { headers: { authorization } });

  test('gets no further key look-ups, while known keys, users and requests without a key are still served', async () => {
    const { apiKey, secret } = await createApiKey(db.database, { name: 'revoked', role: 'ADMIN' });
    const revoked = `Bearer ${secret}`;
    expect((await ask(server.authorization)).status).toBe(200);
    expect((await ask(revoked)).status).toBe(200);
    await revokeApiKey(db.database, apiKey.id);

    // Failures without a look-up do not count.
    for (let time = 0; time < 5; time++) expect((await ask(`Bearer wrong${time}`)).status).toBe(401);
    for (const wrong of [guess(), guess(), revoked]) {
      const response = await metrics(wrong);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    }

    const statements = await countStatements(async () => {
      const refused = await metrics(guess());
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
      expect((await ask(guess())).status).toBe(429);
      // The key was valid before, but is no longer remembered.
      expect((await ask(revoked)).status).toBe(429);
    });
    expect(statements).toBe(0);

    expect((await ask(server.authorization)).status).toBe(200);
    expect((await metrics(server.authorization)).status).toBe(200);
    expect((await ask(await userToken('u1'))).status).toBe(200);
    expect((await ask('Bearer wrong')).status).toBe(401);
    expect((await ask(null)).status).toBe(200);
  });
});
