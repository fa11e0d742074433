import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { countStatements } from '../support/count-statements.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';
import { testServer } from '../support/test-server.ts';

const recommend = `query ($userId: ID!, $scenarioId: ID, $first: Int, $after: String) {
  recommendations(userId: $userId, scenarioId: $scenarioId, first: $first, after: $after) {
    edges { cursor score reason node { id title available features } modelVersion { id kind createdAt } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;
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

  test('recommends popular items without a model, and adapted ones after a rating once there is a model', async () => {
    const popular = await server.ask(recommend, { userId: 'u1', first: 3 });
    expect(popular.data).toMatchObject({
      recommendations: {
        edges: ['i1', 'i2', 'i3'].map((id) => ({
          node: { id },
          reason: 'POPULAR',
          score: 0,
          modelVersion: null,
        })),
        pageInfo: { hasNextPage: true, hasPreviousPage: false },
      },
    });
    const versionId = await serveUntrainedModel(db.database, 3);
    const rating = await server.ask(record, {
      input: { userId: 'u1', itemId: 'i5', type: 'RATE', value: 4.5, scenarioId: 's1' },
    });
    expect(rating.data).toMatchObject({
      recordInteraction: {
        recorded: true,
        interaction: {
          type: 'RATE',
          value: 4.5,
          user: { id: 'u1' },
          item: { id: 'i5' },
          scenario: { id: 's1', title: 'First' },
        },
      },
    });
    const adapted = await server.ask(recommend, { userId: 'u1', first: 100 });
    const { edges } = (adapted.data as { recommendations: { edges: { node: { id: string } }[] } })
      .recommendations;
    expect(edges).toHaveLength(7);
    expect(edges.map(({ node }) => node.id)).not.toContain('i5');
    expect(edges[0]).toMatchObject({
      reason: 'ADAPTED',
      modelVersion: { id: String(versionId), kind: 'cmml' },
    });
  });

  test('pages of recommendations neither repeat nor skip an item', async () => {
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const { data } = await server.ask(recommend, { userId: 'u1', first: 3, after });
      const page = data?.recommendations as {
        edges: { node: { id: string } }[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
      };
      seen.push(...page.edges.map(({ node }) => node.id));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after);
    expect(seen).toHaveLength(7);
    expect(new Set(seen).size).toBe(7);
  });

  test('recommends from a scenario’s pool alone, page by page', async () => {
    const page = async (after?: string) => {
      const { data } = await server.ask(recommend, { userId: 'u3', scenarioId: 's1', first: 2, after });
      return data?.recommendations as {
        edges: { node: { id: string } }[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
      };
    };
    const first = await page();
    const second = await page(first.pageInfo.endCursor);
    expect(first.pageInfo.hasNextPage).toBe(true);
    expect(second.pageInfo.hasNextPage).toBe(false);
    expect([...first.edges, ...second.edges].map(({ node }) => node.id).sort()).toEqual(['i1', 'i2', 'i3']);
    const elsewhere = await server.ask(recommend, { userId: 'u3', after: first.pageInfo.endCursor });
    expect(elsewhere.errors?.[0]?.extensions.code).toBe('INVALID_CURSOR');
  });

  describe('answers a mistake with a documented code and stores nothing', () => {
    test.each<[string, string, object, string]>([
      ['an unknown user of recommendations', recommend, { userId: 'nobody' }, 'USER_NOT_FOUND'],
      [
        'an unknown scenario of recommendations',
        recommend,
        { userId: 'u1', scenarioId: 'nowhere' },
        'SCENARIO_NOT_FOUND',
      ],
      ['an empty id of a scenario', recommend, { userId: 'u1', scenarioId: '' }, 'BAD_USER_INPUT'],
      ['first of 0', recommend, { userId: 'u1', first: 0 }, 'BAD_USER_INPUT'],
      ['first of 101', recommend, { userId: 'u1', first: 101 }, 'BAD_USER_INPUT'],
      ['first below 0', recommend, { userId: 'u1', first: -1 }, 'BAD_USER_INPUT'],
      ['first that is no integer', recommend, { userId: 'u1', first: 1.5 }, 'BAD_USER_INPUT'],
      ['a bad cursor', recommend, { userId: 'u1', after: 'nonsense' }, 'INVALID_CURSOR'],
      ['a field that is not there', '{ user(id: "u1") { password } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
      ['a query that does not parse', '{ user(', {}, 'GRAPHQL_PARSE_FAILED'],
    ])('%s', async (_what, query, variables, code) => {
      const before = await db.database.interaction.count();
      const { errors } = await server.ask(query, variables);
      expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code }]);
      expect(await db.database.interaction.count()).toBe(before);
    });
  });

  test('one field’s error leaves the others of the operation standing', async () => {
    const { data, errors } = await server.ask('{ user(id: "u1") { id } item(id: "nothing") { id } }');
    expect(data).toEqual({ user: { id: 'u1' }, item: null });
    expect(errors).toMatchObject([{ path: ['item'], extensions: { code: 'ITEM_NOT_FOUND' } }]);
  });

  test('the number of SQL statements does not grow with the length of the list', async () => {
    const statements = (first: number) =>
      countStatements(() => server.ask(recommend, { userId: 'u1', first }));
    await statements(1);
    const ofOne = await statements(1);
    expect(ofOne).toBeGreaterThan(0);
    expect(await statements(7)).toBe(ofOne);
  });
});
