import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';
import { testServer } from '../support/test-server.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const similar = `query ($item: ID!, $first: Int, $after: String, $filter: ItemFilter) {
  similarItems(item: $item, first: $first, after: $after, filter: $filter) {
    edges { cursor similarity node { externalId } modelVersion { number } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;
const popular = `query ($scenario: ID, $first: Int, $after: String, $filter: ItemFilter) {
  popularItems(scenario: $scenario, first: $first, after: $after, filter: $filter) {
    edges { cursor interactions node { externalId } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly externalId: string } }[];
  readonly pageInfo: object;
}

describe('items without a recipient', () => {
  const db = testDatabase();
  const server = testServer(db);
  const page = async (field: string, query: string, variables: object): Promise<Page> => {
    const { data, errors } = await server.ask(query, variables);
    expect(errors).toBeUndefined();
    return data?.[field] as Page;
  };
  const ids = ({ edges }: Page) => edges.map(({ node }) => node.externalId);

  beforeAll(async () => {
    const scenarios = [{ id: 's1', title: 'First', items: ['i1', 'i2', 'i3'] }];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(4, 8), scenarios }), { ratingScale });
    await recordInteraction(db.pool, ratingScale, { userId: 'u4', itemId: 'i2', type: 'VIEW' });
  });

  test('similarItems is empty without a model, and has all other items by similarity with one, page by page', async () => {
    expect(await page('similarItems', similar, { item: 'i1' })).toMatchObject({
      edges: [],
      pageInfo: { hasNextPage: false, endCursor: null },
    });
    const number = await serveUntrainedModel(db.database, 3);
    const whole = await page('similarItems', similar, { item: 'i1' });
    expect(ids(whole).toSorted()).toEqual(['i2', 'i3', 'i4', 'i5', 'i6', 'i7', 'i8']);
    expect(whole.edges[0]).toMatchObject({ similarity: expect.any(Number), modelVersion: { number } });
    const after = whole.edges[2]?.cursor;
    const rest = await page('similarItems', similar, { item: 'i1', after });
    expect(rest.edges).toEqual(whole.edges.slice(3));
    expect(rest.pageInfo).toMatchObject({ hasPreviousPage: true, startCursor: rest.edges[0]?.cursor });
  });

  test('similarItems compares items by a vector feature without a model version', async () => {
    const declared = await server.ask(`mutation {
      declareFeatureFields(input: { fields: [{ entity: ITEM, name: "text", kind: VECTOR, width: 2 }] }) {
        featureFields { name width } userErrors { message }
      }
      updateItems(input: { items: [
        { externalId: "i3", features: { text: [1, 0] } }, { externalId: "i5", features: { text: [3, 4] } }
      ] }) { userErrors { message } }
    }`);
    expect(declared.data?.declareFeatureFields).toMatchObject({
      featureFields: expect.arrayContaining([
        { name: 'text', width: 2 },
        { name: 'genres', width: null },
      ]),
      userErrors: [],
    });
    const { data } = await server.ask(
      '{ similarItems(item: "i3", feature: "text") { edges { similarity node { externalId } modelVersion { number } } } }',
    );
    expect(data?.similarItems).toEqual({
      edges: [{ similarity: expect.closeTo(0.6, 6), node: { externalId: 'i5' }, modelVersion: null }],
    });
  });

  test('popularItems is ordered by interactions, page by page, for a scenario or all items', async () => {
    const first = await page('popularItems', popular, { first: 2 });
    expect(first).toMatchObject({
      edges: [
        { node: { externalId: 'i2' }, interactions: 1 },
        { node: { externalId: 'i1' }, interactions: 0 },
      ],
      pageInfo: { hasNextPage: true, hasPreviousPage: false },
    });
    const after = first.edges[1]?.cursor;
    expect(ids(await page('popularItems', popular, { after }))).toEqual(['i3', 'i4', 'i5', 'i6', 'i7', 'i8']);
    const filter = { features: [{ feature: 'genres', in: ['odd'] }] };
    expect(ids(await page('popularItems', popular, { scenario: 's1', filter }))).toEqual(['i1', 'i3']);
  });

  test.each<[string, string, object, string]>([
    ['similar items of an unknown one', similar, { item: 'x' }, 'ITEM_NOT_FOUND'],
    ['first of 0 similar items', similar, { item: 'i1', first: 0 }, 'BAD_USER_INPUT'],
    ['a bad cursor of similar items', similar, { item: 'i1', after: 'x' }, 'INVALID_CURSOR'],
    ['popular items of an unknown scenario', popular, { scenario: 'x' }, 'SCENARIO_NOT_FOUND'],
    ['first of 101 popular items', popular, { first: 101 }, 'BAD_USER_INPUT'],
    ['a bad cursor of popular items', popular, { after: 'x' }, 'INVALID_CURSOR'],
  ])('%s are refused', async (_what, query, variables, code) => {
    const { errors } = await server.ask(query, variables);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual([code]);
  });
});
