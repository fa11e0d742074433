import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { filter, firstValueFrom, timeout } from 'rxjs';
import {
  AddItemsDocument,
  DeclareFeaturesDocument,
  RecommendDocument,
  type RecommendQuery,
} from '../../docs/client/generated/operations.ts';
import { ask, type Connection, fillShop, recommendationsFor } from '../../docs/client/quick-start.ts';
import { runWarmstart, type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { testDatabase } from '../support/test-database.ts';

jest.setTimeout(120_000);

describe('the quick start of docs/clients.md, against a server process', () => {
  let server: ServerProcess;
  // Here, so that it ends before its database is dropped.
  afterAll(() => server?.stop());
  const db = testDatabase();
  let admin: Connection;
  let client: Connection;

  const createKey = async (role: string) => {
    const output = await runWarmstart(['keys', 'create', '--name', role, '--role', role], {
      DATABASE_URL: db.url,
    });
    return /wsk_[\w-]{43}/.exec(output)?.[0] as string;
  };

  beforeAll(async () => {
    server = await startServerProcess({ DATABASE_URL: db.url });
    admin = { url: server.url, key: await createKey('admin') };
    client = { url: server.url, key: await createKey('client') };
  });

  test('a plain fetch client fills a shop and gets items that the customer has not rated', async () => {
    await fillShop(client);
    const titles: string[] = [];
    for await (const { node, reason } of recommendationsFor(client, { user: 'ada' }, 2)) {
      titles.push(node.title);
      expect(reason).toBe('FRESH');
    }
    expect(titles.sort()).toEqual(['Coffee cup', 'Coffee mill', 'Tea cup']);
  });

  test('a client key cannot use admin fields', async () => {
    await expect(ask(client, DeclareFeaturesDocument, { fields: [] })).rejects.toThrow('is for API keys of admins');
  });

  test('Apollo Client declares features, adds items with features, and filters by them', async () => {
    const as = (key: string) =>
      new ApolloClient({
        cache: new InMemoryCache(),
        link: new HttpLink({ uri: server.url, headers: { authorization: `Bearer ${key}` } }),
      });
    const declared = await as(admin.key).mutate({
      mutation: DeclareFeaturesDocument,
      variables: { fields: [{ entity: 'ITEM', name: 'drink', kind: 'CATEGORICAL' }] },
    });
    expect(declared.data?.declareFeatureFields?.userErrors).toEqual([]);
    const apollo = as(client.key);
    const item = (n: number) => ({ externalId: `tea-${n}`, title: `Tea ${n}`, features: { drink: 'tea' } });
    const added = await apollo.mutate({
      mutation: AddItemsDocument,
      variables: { items: [1, 2, 3, 4, 5].map(item) },
    });
    expect(added.data?.upsertItems?.items).toHaveLength(5);
    const { data } = await apollo.query({
      query: RecommendDocument,
      variables: { for: { user: 'ada' }, filter: { features: [{ feature: 'drink', in: ['tea'] }] } },
    });
    expect(data?.recommendations?.edges.map(({ node }) => node.externalId)).toEqual([
      'tea-1',
      'tea-2',
      'tea-3',
      'tea-4',
      'tea-5',
    ]);
  });

  test('Apollo Client’s relay pagination collects the pages of a list in its cache, each item once', async () => {
    const asked: number[] = [];
    const count = new ApolloLink((operation, forward) => {
      asked.push(operation.variables.first);
      return forward(operation);
    });
    const apollo = new ApolloClient({
      cache: new InMemoryCache({
        typePolicies: { Query: { fields: { recommendations: relayStylePagination(['for', 'filter']) } } },
      }),
      link: ApolloLink.from([
        count,
        new HttpLink({ uri: server.url, headers: { authorization: `Bearer ${client.key}` } }),
      ]),
    });
    const observed = apollo.watchQuery({
      query: RecommendDocument,
      variables: { for: { user: 'ada' }, first: 3 },
    });
    const subscription = observed.subscribe({});
    const first = await firstValueFrom(observed.pipe(filter(({ dataState }) => dataState === 'complete')));
    let page = (first.data as RecommendQuery).recommendations?.pageInfo;
    while (page?.hasNextPage) {
      page = (await observed.fetchMore({ variables: { after: page.endCursor } })).data?.recommendations?.pageInfo;
    }
    // The cache notifies its watchers a moment after it stores a page.
    const watched = await firstValueFrom(
      observed.pipe(
        filter(({ data }) => data?.recommendations?.pageInfo?.hasNextPage === false),
        timeout(10_000),
      ),
    );
    subscription.unsubscribe();
    const ids = (watched.data as RecommendQuery).recommendations?.edges.map(({ node }) => node.id);
    expect(asked).toEqual([3, 3, 3]);
    expect(ids).toHaveLength(8);
    expect(new Set(ids).size).toBe(8);
  });
});
