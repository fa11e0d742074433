import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { testServer } from '../support/test-server.ts';

describe('a scenario with a rule', () => {
  const db = testDatabase();
  const server = testServer(db);
  const list = `{ scenario(externalId: "odd") { itemCount rule { features { feature in atLeast } } }
    recommendations(for: { user: "u1" }, scenario: "odd") { edges { node { externalId } } } }`;
  const listed = async () => {
    const { data, errors } = await server.ask(list);
    expect(errors).toBeUndefined();
    const { edges = [] } = (data?.recommendations ?? {}) as { edges?: { node: { externalId: string } }[] };
    return { scenario: data?.scenario, ids: edges.map(({ node }) => node.externalId).toSorted() };
  };

  beforeAll(() => loadDataset(db.pool, smallDataset(smallCatalog(2, 6)), { ratingScale: { minimum: 1, maximum: 5 } }));

  test('lists the items that meet the rule, and a new item as soon as it is stored', async () => {
    const { data } = await server.ask(
      `mutation { upsertScenarios(input: { scenarios: [
        { externalId: "odd", title: "Odd", rule: { features: [{ feature: "genres", in: ["odd"] }] } }
      ] }) { scenarios { itemCount } userErrors { message } } }`,
    );
    expect(data?.upsertScenarios).toEqual({ scenarios: [{ itemCount: 3 }], userErrors: [] });
    const rule = { features: [{ feature: 'genres', in: ['odd'], atLeast: null }] };
    const before = await listed();
    expect(before).toEqual({ scenario: { itemCount: 3, rule }, ids: expect.any(Array) });
    await server.ask(
      `mutation { upsertItems(input: { items: [
        { externalId: "new", title: "New", features: { genres: ["odd"] } }
      ] }) { userErrors { message } } }`,
    );
    expect(await listed()).toEqual({ scenario: { itemCount: 4, rule }, ids: [...before.ids, 'new'] });
    expect(before.ids).toHaveLength(3);
  });

  test('refuses items, and the undeclaration of its feature', async () => {
    const { data } = await server.ask(`mutation {
      setScenarioItems(input: { scenario: "odd", items: ["i1"] }) { userErrors { field code } }
      undeclareFeatureFields(input: { fields: [{ entity: ITEM, name: "genres" }] }) { userErrors { field message } }
    }`);
    expect(data).toEqual({
      setScenarioItems: { userErrors: [{ field: ['input', 'scenario'], code: 'BAD_USER_INPUT' }] },
      undeclareFeatureFields: {
        userErrors: [
          { field: ['input', 'fields', '0', 'name'], message: expect.stringContaining('rule of the scenario "odd"') },
        ],
      },
    });
  });
});
