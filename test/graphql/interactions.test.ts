import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { countStatements } from '../support/count-statements.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { testServer } from '../support/test-server.ts';

const record = `mutation ($input: RecordInteractionsInput!) {
  recordInteractions(input: $input) {
    results {
      recorded
      interaction { type value occurredAt user { externalId } item { externalId title interactionCount } scenario { externalId title } }
    }
    userErrors { code field message }
  }
}`;

interface InteractionConnection {
  readonly edges: readonly {
    readonly cursor: string;
    readonly node: {
      readonly id: string;
      readonly value: number;
      readonly type: string;
      readonly user: { externalId: string };
    };
  }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly endCursor: string;
  };
}

const fields = `{ edges { cursor node { id value type user { externalId } } } pageInfo { hasNextPage hasPreviousPage endCursor } }`;

describe('interactions over GraphQL', () => {
  const db = testDatabase();
  const server = testServer(db);

  beforeAll(async () => {
    const scenarios = [{ id: 's1', title: 'First', items: ['i1'] }];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(4, 9), scenarios }), {
      ratingScale: { minimum: 1, maximum: 5 },
    });
  });

  const send = async (...interactions: object[]) => {
    const { data, errors } = await server.ask(record, { input: { interactions } });
    expect(errors).toBeUndefined();
    return data?.recordInteractions as {
      results: { recorded: boolean; interaction: unknown }[];
      userErrors: { code: string; field: string[]; message: string }[];
    };
  };
  const list = async (query: string, variables?: object) => {
    const { data, errors } = await server.ask(query, variables);
    expect(errors).toBeUndefined();
    return data as Record<string, InteractionConnection & { interactions: InteractionConnection }>;
  };

  test('stores interactions and returns them with up-to-date counts', async () => {
    const occurredAt = '2026-01-02T03:04:05.678Z';
    const { results, userErrors } = await send(
      { user: 'u1', item: 'i9', type: 'RATE', value: 4.5, scenario: 's1', occurredAt },
      { user: 'u2', item: 'i9', type: 'CLICK' },
    );
    expect(userErrors).toEqual([]);
    const item = { externalId: 'i9', title: 'Item 9', interactionCount: 2 };
    expect(results).toMatchObject([
      {
        recorded: true,
        interaction: {
          type: 'RATE',
          value: 4.5,
          occurredAt,
          user: { externalId: 'u1' },
          item,
          scenario: { externalId: 's1', title: 'First' },
        },
      },
      {
        recorded: true,
        interaction: { type: 'CLICK', value: null, user: { externalId: 'u2' }, item, scenario: null },
      },
    ]);
  });

  test('stores valid interactions and reports why the others were not stored', async () => {
    const before = await db.database.interaction.count();
    const { results, userErrors } = await send(
      { user: 'u1', item: 'i1', type: 'VIEW', idempotencyKey: 'k' },
      { user: 'nobody', item: 'i1', type: 'VIEW' },
      { user: 'u1', item: 'i1', type: 'RATE' },
      { user: 'u1', item: 'i2', type: 'VIEW', idempotencyKey: 'k' },
      { user: 'u1', item: 'i1', type: 'VIEW', idempotencyKey: 'k' },
    );
    expect(results.map(({ recorded, interaction }) => [recorded, interaction !== null])).toEqual([
      [true, true],
      [false, false],
      [false, false],
      [false, false],
      [false, true],
    ]);
    expect(userErrors).toEqual([
      {
        code: 'USER_NOT_FOUND',
        field: ['input', 'interactions', '1', 'user'],
        message: 'interactions.1.user: there is no user with the ID "nobody"',
      },
      {
        code: 'BAD_USER_INPUT',
        field: ['input', 'interactions', '2', 'value'],
        message: 'interactions.2.value: expected the rating as the value of a RATE interaction, got none',
      },
      {
        code: 'IDEMPOTENCY_CONFLICT',
        field: ['input', 'interactions', '3', 'idempotencyKey'],
        message: expect.stringMatching(/"k" was recorded with a different item; use a new key/),
      },
    ]);
    expect(await db.database.interaction.count()).toBe(before + 1);
  });

  test('refuses an empty batch and one of 501, with empty results', async () => {
    for (const length of [0, 501]) {
      const { results, userErrors } = await send(...Array(length).fill({ user: 'u1', item: 'i1', type: 'VIEW' }));
      expect(results).toEqual([]);
      expect(userErrors).toMatchObject([{ code: 'BAD_USER_INPUT', field: ['input', 'interactions'] }]);
    }
  });

  test('accepts 500 interactions, with as many statements as for one', async () => {
    const statements = (length: number) =>
      countStatements(() =>
        send(
          ...Array.from({ length }, (_, n) => ({
            user: `u${1 + (n % 4)}`,
            item: `i${1 + (n % 8)}`,
            type: 'VIEW',
            scenario: 's1',
          })),
        ),
      );
    expect(await statements(500)).toBe(await statements(1));
  });

  test('refuses an interaction of a type that is not declared, until it is declared, and stores the others', async () => {
    const like = { user: 'u2', item: 'i1', type: 'LIKE' };
    const refused = await send({ ...like, type: 'VIEW' }, like);
    expect(refused.results.map(({ recorded }) => recorded)).toEqual([true, false]);
    expect(refused.userErrors).toMatchObject([
      { code: 'BAD_USER_INPUT', message: expect.stringMatching(/expected a declared type .*got "LIKE"/) },
    ]);
    const declare = 'mutation { declareInteractionTypes(input: { types: [{ name: LIKE }] }) { userErrors { code } } }';
    expect((await server.ask(declare)).errors).toBeUndefined();
    expect((await send(like)).results).toMatchObject([{ recorded: true, interaction: { type: 'LIKE' } }]);
  });

  test.each<[string, object, string]>([
    ['a value that is not a number', { value: 'four' }, 'BAD_USER_INPUT'],
    ['a number that is too large', { value: '1e999' }, 'BAD_USER_INPUT'],
    ['a field that does not exist', { userId: 'u1' }, 'BAD_USER_INPUT'],
  ])('refuses %s, which does not fit the schema, and stores nothing', async (_what, change, code) => {
    const before = await db.database.interaction.count();
    const interaction = { user: 'u2', item: 'i1', type: 'RATE', value: 3, ...change };
    const { errors } = await server.ask(record, { input: { interactions: [interaction] } });
    expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code }]);
    expect(await db.database.interaction.count()).toBe(before);
  });

  test('refuses an interaction whose time cannot be read, and records the others of the batch', async () => {
    const interactions = ['2026-11-22', 'yesterday', 1_795_336_200, { seconds: 1 }].map((occurredAt) => ({
      ...{ user: 'u2', item: 'i1', type: 'VIEW', occurredAt },
    }));
    const { data } = await server.ask(record, { input: { interactions } });
    expect(data?.recordInteractions).toMatchObject({
      results: [
        { interaction: { occurredAt: '2026-11-22T00:00:00.000Z' } },
        { interaction: null },
        { interaction: { occurredAt: '2026-11-22T08:30:00.000Z' } },
        { interaction: null },
      ],
      userErrors: [
        { field: ['input', 'interactions', '1', 'occurredAt'] },
        { field: ['input', 'interactions', '3', 'occurredAt'] },
      ],
    });
  });

  test('creates users and items that are not stored if it is asked to', async () => {
    const interactions = [{ user: 'stranger', item: 'novelty', type: 'VIEW' }];
    const { data } = await server.ask(record, { input: { interactions, createMissing: true } });
    expect(data?.recordInteractions).toMatchObject({
      results: [{ recorded: true, interaction: { user: { externalId: 'stranger' }, item: { title: 'novelty' } } }],
      userErrors: [],
    });
  });

  test('refuses a literal that is not a number during validation', async () => {
    const { errors } = await server.ask(
      'mutation { recordInteractions(input: { interactions: [{ user: "u2", item: "i1", type: RATE, value: "four" }] }) { userErrors { code } } }',
    );
    expect(errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  test('refuses a body with a number that is too large', async () => {
    const input = { interactions: [{ user: 'u2', item: 'i1', type: 'RATE', value: 3 }] };
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: record, variables: { input } }).replace('"value":3', '"value":1e999'),
    });
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });

  describe('in lists', () => {
    beforeAll(async () => {
      await db.pool.query('DELETE FROM interactions');
      // The users alternate, so that the order of recording differs from the order of users.
      await send(
        ...Array.from({ length: 12 }, (_, n) => ({
          user: `u${1 + (n % 2)}`,
          item: 'i1',
          type: n % 3 ? 'VIEW' : 'CLICK',
          value: n,
        })),
      );
    });

    test('are ordered by user and then in the order of recording, page by page', async () => {
      const query = `query ($after: String) { interactions(first: 5, after: $after) ${fields} }`;
      const seen: [string, number][] = [];
      let after: string | undefined;
      for (const length of [5, 5, 2]) {
        const { interactions } = await list(query, { after });
        expect(interactions?.edges).toHaveLength(length);
        expect(interactions?.pageInfo.hasPreviousPage).toBe(after !== undefined);
        seen.push(...interactions!.edges.map(({ node }) => [node.user.externalId, node.value] as [string, number]));
        after = interactions?.pageInfo.endCursor;
        expect(interactions?.pageInfo.hasNextPage).toBe(length === 5);
      }
      expect(seen).toEqual([
        ...[0, 2, 4, 6, 8, 10].map((value) => ['u1', value]),
        ...[1, 3, 5, 7, 9, 11].map((value) => ['u2', value]),
      ]);
    });

    test('are filtered by type on request', async () => {
      const { clicks, both, none, all } = await list(`{
        clicks: interactions(types: [CLICK]) ${fields} both: interactions(types: [CLICK, VIEW]) ${fields}
        none: interactions(types: []) ${fields} all: interactions(types: null) ${fields} }`);
      expect(clicks?.edges.map(({ node }) => node.value)).toEqual([0, 6, 3, 9]);
      expect([both, none, all].map((found) => found?.edges.length)).toEqual([12, 0, 12]);
    });

    test('of one user are ordered latest first, page by page', async () => {
      const query = `query ($after: String) { user(externalId: "u2") { interactions(first: 4, after: $after) ${fields} } }`;
      const first = (await list(query)).user!.interactions;
      const second = (await list(query, { after: first.pageInfo.endCursor })).user!.interactions;
      expect([first, second].map(({ edges }) => edges.map(({ node }) => node.value))).toEqual([
        [11, 9, 7, 5],
        [3, 1],
      ]);
      expect([first, second].map(({ pageInfo }) => pageInfo.hasNextPage)).toEqual([true, false]);
    });

    test('of several users are read separately, for every combination of arguments', async () => {
      const { users } = (await list(`{ users(first: 3) { edges { node { externalId
        few: interactions(first: 2) ${fields} clicks: interactions(types: [CLICK]) ${fields} } } } }`)) as unknown as {
        users: { edges: { node: Record<'few' | 'clicks', InteractionConnection> }[] };
      };
      const values = ({ edges }: InteractionConnection) => edges.map(({ node }) => node.value);
      expect(users.edges.map(({ node }) => [values(node.few), values(node.clicks)])).toEqual([
        [
          [10, 8],
          [6, 0],
        ],
        [
          [11, 9],
          [9, 3],
        ],
        [[], []],
      ]);
    });

    test.each([
      ['a cursor of another list', '{ interactions(after: "$user") { edges { cursor } } }'],
      [
        'a cursor of all interactions for one user',
        '{ user(externalId: "u1") { interactions(after: "$all") { edges { cursor } } } }',
      ],
      ['nonsense', '{ interactions(after: "nonsense") { edges { cursor } } }'],
      [
        'a number that is too large',
        `{ interactions(after: "${Buffer.from(`interactions:1:1,${2n ** 63n}`).toString('base64url')}") { edges { cursor } } }`,
      ],
    ])('refuse %s', async (_what, query) => {
      const { interactions, user } = await list(
        `{ interactions ${fields} user(externalId: "u1") { interactions ${fields} } }`,
      );
      const cursors: Record<string, string> = {
        $all: interactions!.edges[0]!.cursor,
        $user: user!.interactions.edges[0]!.cursor,
      };
      const { errors } = await server.ask(query.replace(/\$\w+/, (name) => cursors[name] as string));
      expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code: 'INVALID_CURSOR' }]);
    });
  });
});
