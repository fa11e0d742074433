import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { countStatements } from '../support/count-statements.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';
import { testServer } from '../support/test-server.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const list = '{ edges { cursor score reason node { externalId } } pageInfo { hasNextPage hasPreviousPage endCursor } }';
const shelves = `query ($scenarios: [ID!]!, $distinct: Boolean, $first: Int) {
  shelves(for: { user: "u1" }, scenarios: $scenarios, distinct: $distinct, first: $first) {
    scenario { externalId title }
    recommendations ${list}
  }
}`;

describe('shelves', () => {
  const db = testDatabase();
  const server = testServer(db);
  const names = ['s1', 's2', 's3', 's4', 's5'];

  beforeAll(async () => {
    const scenarios = names.map((id, n) => ({
      id,
      title: `Scenario ${n + 1}`,
      items: Array.from({ length: 10 }, (_, k) => `i${1 + ((5 * n + k) % 30)}`),
    }));
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(4, 30), scenarios }), { ratingScale });
    const rated = { userId: 'u1', itemId: 'i5', type: 'RATE', value: 4.5 } as const;
    await recordInteraction(db.pool, ratingScale, rated);
    await serveUntrainedModel(db.database, 3);
  });

  test('are returned in the given order, each with its scenario and its list', async () => {
    const scenarios = ['s3', 's1', 's2'];
    const { data } = await server.ask(shelves, { scenarios: scenarios, distinct: false, first: 4 });
    const fields = scenarios.map(
      (name) => `${name}: recommendations(for: { user: "u1" }, scenario: "${name}", first: 4) ${list}`,
    );
    const single = await server.ask(`{ ${fields.join(' ')} }`);
    expect(data?.shelves).toEqual(
      scenarios.map((name) => ({
        scenario: { externalId: name, title: `Scenario ${name.slice(1)}` },
        recommendations: single.data?.[name],
      })),
    );
  });

  test('show no item twice by default', async () => {
    const externalIdsOf = async (distinct: boolean | undefined) => {
      const { data } = await server.ask(shelves, { scenarios: names, distinct, first: 6 });
      const all = data?.shelves as { recommendations: { edges: { node: { externalId: string } }[] } }[];
      return all.flatMap(({ recommendations }) => recommendations.edges.map(({ node }) => node.externalId));
    };
    const distinct = await externalIdsOf(undefined);
    expect(new Set(distinct).size).toBe(distinct.length);
    const repeated = await externalIdsOf(false);
    expect(new Set(repeated).size).toBeLessThan(repeated.length);
  });

  test('take as many SQL statements for five scenarios as for one', async () => {
    await server.ask(shelves, { scenarios: names });
    const together = await countStatements(() => server.ask(shelves, { scenarios: names }));
    const one = await countStatements(() => server.ask(shelves, { scenarios: ['s1'] }));
    // The key, and the user with the history.
    expect([together, one]).toEqual([2, 2]);
  });

  test.each<[string, object, string]>([
    ['no scenario', { scenarios: [] }, 'BAD_USER_INPUT'],
    ['a scenario twice', { scenarios: ['s1', 's1'] }, 'BAD_USER_INPUT'],
    ['an unknown scenario', { scenarios: ['s1', 'nowhere'] }, 'SCENARIO_NOT_FOUND'],
    ['first of 101', { scenarios: ['s1'], first: 101 }, 'BAD_USER_INPUT'],
  ])('refuse %s', async (_what, variables, code) => {
    const { data, errors } = await server.ask(shelves, variables);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual([code]);
    expect(data?.shelves ?? null).toBeNull();
  });
});
