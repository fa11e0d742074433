import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import type { CmmlConfigInput } from '../../src/models/cmml/cmml-config.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';
import { type Response, testServer } from '../support/test-server.ts';

jest.setTimeout(120_000);

const explain = `query ($for: RecommendationTarget!, $item: ID!, $scenario: ID, $first: Int = 2) {
  explainRecommendation(for: $for, item: $item, scenario: $scenario) {
    item { externalId } score modelVersion { number kind } stage ridgePart supportSize
    modulation {
      __typename
      ... on RouteExplanation { layers { weights } strongestPath { modules weight } }
      ... on LayerModulationExplanation { layers { scales shifts distanceFromAverage } }
      ... on GeneratedWeightsExplanation { bias largestTerms { unit weight activation contribution } }
    }
    influences(first: $first) { item { externalId } user { externalId } label effect }
  }
}`;
const whyNot = `query ($for: RecommendationTarget!, $item: ID!, $scenario: ID, $first: Int, $filter: ItemFilter, $exclude: [ID!]) {
  whyNot(for: $for, item: $item, scenario: $scenario, first: $first, filter: $filter, exclude: $exclude) {
    item { externalId } outcome filteredBy rank score lastShownScore missingScore listSize
  }
}`;
const compare = `query ($tasks: [TaskInput!]!) {
  routeComparison(tasks: $tasks) {
    modelVersion { number }
    routes {
      owner { __typename ... on User { externalId } ... on Scenario { title } }
      layers { weights } strongestPath { modules weight }
    }
    distances
  }
}`;
const map = `query ($taskKind: TaskKind!, $sample: Int, $method: ContextMapMethod) {
  contextMap(taskKind: $taskKind, sample: $sample, method: $method) {
    modelVersion { number } method explainedVariance
    points { owner { __typename ... on User { externalId } ... on Scenario { externalId } } x y supportSize }
  }
}`;
const list = `query ($for: RecommendationTarget!, $scenario: ID) {
  recommendations(for: $for, scenario: $scenario, first: 20) { edges { node { externalId } score } }
}`;

interface Listed {
  readonly recommendations: { edges: { node: { externalId: string }; score: number }[] };
}

describe('explanations over GraphQL', () => {
  const db = testDatabase();
  const server = testServer(db);
  const serve = (config: CmmlConfigInput) => serveUntrainedModel(db.database, 3, { ids: ['item'], config });

  beforeAll(async () => {
    const catalog = smallCatalog(9, 12);
    const interactions = catalog.users
      .slice(0, 8)
      .flatMap(({ id }, user) => [rating(id, `i${1 + user}`, 1 + (user % 5)), rating(id, `i${3 + user}`, 3)]);
    const scenarios = [
      { id: 's1', title: 'First', items: ['i1', 'i2', 'i3', 'i4'] },
      { id: 's2', title: 'Second', items: ['i5', 'i6', 'i7'] },
    ];
    const dataset = smallDataset({ ...catalog, scenarios, interactions });
    await loadDataset(db.pool, dataset, { ratingScale: { minimum: 1, maximum: 5 } });
    await serveUntrainedModel(db.database, 4, {
      ids: ['item'],
      taskKind: 'SCENARIO',
      support: 'positives',
      config: { modulation: 'softModules' },
    });
  });

  test.each([
    ['softModules', 'RouteExplanation'],
    ['film', 'LayerModulationExplanation'],
    ['sigmoid', 'LayerModulationExplanation'],
    ['linear', 'GeneratedWeightsExplanation'],
  ] as const)('explain a score by what %s does', async (modulation, type) => {
    const version = await serve({ modulation });
    const { recommendations } = (await server.ask(list, { for: { user: 'u1' } })).data as unknown as Listed;
    const { node, score } = recommendations.edges[1] as Listed['recommendations']['edges'][number];
    const { data, errors } = await server.ask(explain, { for: { user: 'u1' }, item: node.externalId });
    expect(errors).toBeUndefined();
    expect(data?.explainRecommendation).toMatchObject({
      item: node,
      score: expect.closeTo(score, 5),
      modelVersion: { number: version, kind: 'cmml' },
      ridgePart: expect.any(Number),
      supportSize: 2,
      modulation: { __typename: type },
      influences: [
        {
          user: { externalId: 'u1' },
          item: { externalId: expect.stringMatching(/^i[13]$/) },
          effect: expect.any(Number),
        },
        { user: { externalId: 'u1' } },
      ],
    });
  });

  test('explain a visitor’s list like that of a user with the same interactions, with influences without a user', async () => {
    await serve({ modulation: 'film' });
    const interactions = [
      { item: 'i1', type: 'RATE', value: 1 },
      { item: 'i3', type: 'RATE', value: 3 },
    ];
    const visitor = { features: { region: 'north' }, interactions };
    const ofUser = await server.ask(explain, { for: { user: 'u1' }, item: 'i9' });
    const ofVisitor = await server.ask(explain, { for: { visitor }, item: 'i9' });
    expect(ofVisitor.errors).toBeUndefined();
    const { explainRecommendation } = ofUser.data as { explainRecommendation: { influences: object[] } };
    const { influences, ...expected } = explainRecommendation;
    expect(influences).toHaveLength(2);
    expect(ofVisitor.data?.explainRecommendation).toEqual({
      ...expected,
      influences: influences.map((influence) => ({ ...influence, user: null })),
    });
    const [standing, same] = [
      await server.ask(whyNot, { for: { visitor }, item: 'i9', first: 1 }),
      await server.ask(whyNot, { for: { user: 'u1' }, item: 'i9', first: 1 }),
    ];
    expect(standing.data?.whyNot).toMatchObject({ filteredBy: [], rank: expect.any(Number) });
    expect(standing.data).toEqual(same.data);
  });

  test('return the rank of an item in the list with the same arguments', async () => {
    const { recommendations } = (await server.ask(list, { for: { user: 'u1' }, scenario: 's2' }))
      .data as unknown as Listed;
    const { node, score } = recommendations.edges[2] as Listed['recommendations']['edges'][number];
    const { data } = await server.ask(whyNot, {
      for: { user: 'u1' },
      scenario: 's2',
      item: node.externalId,
      first: 2,
    });
    expect(data?.whyNot).toEqual({
      item: node,
      outcome: 'OUTRANKED',
      filteredBy: [],
      rank: 3,
      score,
      lastShownScore: recommendations.edges[1]?.score,
      missingScore: (recommendations.edges[1]?.score as number) - score,
      listSize: 3,
    });
    const filter = { features: [{ feature: 'genres', in: ['even'] }] };
    const kept = await server.ask(whyNot, {
      for: { user: 'u1' },
      scenario: 's2',
      item: 'i1',
      filter,
      exclude: ['i1'],
    });
    expect(kept.data?.whyNot).toMatchObject({
      outcome: 'FILTERED',
      filteredBy: ['NOT_IN_SCENARIO', 'SEEN', 'EXCLUDED', 'FEATURES'],
      rank: null,
      score: null,
    });
  });

  test('compare the routes of users and of scenarios', async () => {
    await serve({ modulation: 'softModules' });
    const ofUsers = await server.ask(compare, { tasks: [{ user: 'u1' }, { user: 'u2' }] });
    expect(ofUsers.data?.routeComparison).toMatchObject({
      routes: [
        {
          owner: { __typename: 'User', externalId: 'u1' },
          strongestPath: { modules: [expect.any(Number), expect.any(Number)] },
        },
        { owner: { __typename: 'User', externalId: 'u2' } },
      ],
      distances: [
        [0, expect.any(Number)],
        [expect.any(Number), 0],
      ],
    });
    const ofScenarios = await server.ask(compare, { tasks: [{ scenario: 's2' }, { scenario: 's1' }] });
    expect(ofScenarios.data?.routeComparison).toMatchObject({
      routes: [
        { owner: { __typename: 'Scenario', title: 'Second' } },
        { owner: { __typename: 'Scenario', title: 'First' } },
      ],
    });
  });

  test.each(['PCA', 'UMAP'] as const)('map contexts by %s', async (method) => {
    await serve({ modulation: 'film' });
    const { data, errors } = await server.ask(map, { taskKind: 'USER', method });
    expect(errors).toBeUndefined();
    const { contextMap } = data as {
      contextMap: { points: object[]; explainedVariance: unknown };
    };
    const { points, explainedVariance } = contextMap;
    expect(points).toHaveLength(8);
    expect(points[0]).toMatchObject({ owner: { __typename: 'User' }, x: expect.any(Number), supportSize: 2 });
    expect(explainedVariance).toEqual(method === 'PCA' ? [expect.any(Number), expect.any(Number)] : null);
  });

  describe('answer an invalid request with a documented code', () => {
    const forUser = { for: { user: 'u1' }, item: 'i9' };

    test.each<[string, string, object, string]>([
      ['an unknown user', explain, { ...forUser, for: { user: 'nobody' } }, 'USER_NOT_FOUND'],
      ['an unknown item', explain, { ...forUser, item: 'nothing' }, 'ITEM_NOT_FOUND'],
      ['an unknown scenario', explain, { ...forUser, scenario: 'nowhere' }, 'SCENARIO_NOT_FOUND'],
      ['a user without history', explain, { ...forUser, for: { user: 'u9' } }, 'NOTHING_TO_EXPLAIN'],
      ['no influences', explain, { ...forUser, first: 0 }, 'BAD_USER_INPUT'],
      ['more than 100 influences', explain, { ...forUser, first: 101 }, 'BAD_USER_INPUT'],
      ['a list of 0 items', whyNot, { ...forUser, first: 0 }, 'BAD_USER_INPUT'],
      [
        'a filter on an undeclared feature',
        whyNot,
        { ...forUser, filter: { features: [{ feature: 'x', in: ['y'] }] } },
        'BAD_USER_INPUT',
      ],
      ['neither a user nor a visitor', whyNot, { ...forUser, for: {} }, 'BAD_USER_INPUT'],
      ['tasks of both kinds', compare, { tasks: [{ user: 'u1' }, { scenario: 's1' }] }, 'BAD_USER_INPUT'],
      ['a sample too large', map, { taskKind: 'USER', sample: 501 }, 'BAD_USER_INPUT'],
      ['a map of too few tasks', map, { taskKind: 'SCENARIO' }, 'NOTHING_TO_EXPLAIN'],
    ])('%s', async (_what, query, variables, code) => {
      const { errors, data }: Response = await server.ask(query, variables);
      expect(errors?.[0]?.extensions.code).toBe(code);
      expect(Object.values(data ?? {}).every((value) => value === null)).toBe(true);
    });
  });
});
