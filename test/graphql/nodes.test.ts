import { beforeAll, describe, expect, test } from '@jest/globals';
import { encodeGlobalId, type NodeType, nodeTypes } from '../../src/graphql/global-id.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { countStatements } from '../support/count-statements.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';
import { keyLookUp, testServer } from '../support/test-server.ts';

const count = 3;
const external = (type: NodeType, prefix: string) =>
  Array.from({ length: count }, (_, n) => encodeGlobalId(type, `${prefix}${n + 1}`));
const numbered = (type: NodeType) => Array.from({ length: count }, (_, n) => encodeGlobalId(type, n + 1));

/** IDs of some objects of each type. A type without a row does not compile. */
const known: Readonly<Record<NodeType, readonly string[]>> = {
  User: external('User', 'u'),
  Item: external('Item', 'i'),
  Scenario: external('Scenario', 's'),
  Interaction: Array.from({ length: count }, (_, n) => encodeGlobalId('Interaction', `${n + 1}:${n + 1}`)),
  ModelVersion: numbered('ModelVersion'),
  TrainingRun: numbered('TrainingRun'),
  RetrainSchedule: numbered('RetrainSchedule'),
  ApiKey: numbered('ApiKey'),
};

describe('objects by global ID', () => {
  const db = testDatabase();
  const server = testServer(db);

  beforeAll(async () => {
    const scenarios = Array.from({ length: count }, (_, n) => ({ id: `s${n + 1}`, title: 'S', items: [] }));
    const interactions = Array.from({ length: count }, (_, n) => rating(`u${n + 1}`, 'i1', 3));
    const dataset = smallDataset({ ...smallCatalog(count, count), scenarios, interactions });
    await loadDataset(db.pool, dataset, { ratingScale: { minimum: 1, maximum: 5 } });
    for (let n = 0; n < count; n++) {
      await serveUntrainedModel(db.database, n);
      await db.database.trainingRun.create({
        data: { taskKind: 'USER', status: 'RUNNING', config: {}, seed: n },
      });
      await db.database.retrainSchedule.create({
        data: { taskKind: 'USER', cron: '0 4 * * *', timezone: 'UTC', config: {}, seed: n },
      });
      await db.database.apiKey.create({
        data: { name: `key ${n}`, role: 'CLIENT', prefix: 'x', hash: Buffer.from([n]) },
      });
    }
  });

  const find = async (ids: readonly string[]) => {
    const { data, errors } = await server.ask('query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }', {
      ids,
    });
    expect(errors).toBeUndefined();
    const { nodes } = data as { nodes: ({ __typename: string } | null)[] };
    return nodes.map((node) => node?.__typename ?? null);
  };

  /** Not counting the statement that looks up the caller's key. */
  const statements = async (work: () => Promise<unknown>) => (await countStatements(work)) - keyLookUp;

  test.each(nodeTypes)('%s is found by its ID, alone and among others', async (type) => {
    for (const id of known[type]) {
      const { data } = await server.ask('query ($id: ID!) { node(id: $id) { __typename } }', { id });
      expect(data).toEqual({ node: { __typename: type } });
    }
    expect(await find(known[type])).toEqual(known[type].map(() => type));
  });

  test('are returned with their type and everything related to them', async () => {
    const ids = (['User', 'Item', 'Scenario', 'Interaction'] as const).map((type) => known[type][1]);
    const { data, errors } = await server.ask(
      `query ($ids: [ID!]!) { nodes(ids: $ids) {
        id
        ... on User { externalId interactions { edges { node { value } } } }
        ... on Item { title }
        ... on Scenario { itemCount }
        ... on Interaction { user { externalId } }
      } }`,
      { ids },
    );
    expect(errors).toBeUndefined();
    expect(data?.nodes).toEqual([
      { id: ids[0], externalId: 'u2', interactions: { edges: [{ node: { value: 3 } }] } },
      { id: ids[1], title: 'Item 2' },
      { id: ids[2], itemCount: 0 },
      { id: ids[3], user: { externalId: 'u2' } },
    ]);
  });

  test('are returned in the given order, repeated IDs included, with null for unknown IDs', async () => {
    const ids = [known.Item[2]!, known.User[0]!, encodeGlobalId('User', 'x'), known.Item[2]!, 'x', known.ApiKey[0]!];
    expect(await find(ids)).toEqual(['Item', 'User', null, 'Item', null, 'ApiKey']);
  });

  test.each<[string, string]>([
    ['nothing', ''],
    ['nonsense', 'nonsense'],
    ['unicode', 'Größe 🎬'],
    ['U+0000', '\0'],
    ['half of a surrogate pair', '\ud800'],
    ['a very long ID', 'x'.repeat(50_000)],
    ['an unknown type', Buffer.from('Film:1').toString('base64url')],
    ['the same ID in another encoding', `${known.User[0]}=`],
    ...['', '\0', 'a\0b', '🎬', 'x'.repeat(300), 'ünknown', "'; DROP TABLE users; --", '1'].map(
      (key): [string, string] => [`the user ${JSON.stringify(key).slice(0, 20)}`, encodeGlobalId('User', key)],
    ),
    ...['', '0', '-1', '1.5', '1e3', '01', '2147483648', '9'.repeat(30), '١', ' 1', '1:1', '999'].flatMap((key) =>
      (['ModelVersion', 'TrainingRun', 'RetrainSchedule', 'ApiKey', 'Interaction'] as const).map(
        (type): [string, string] => [
          `the ${type} ${key}`,
          encodeGlobalId(type, key === '1:1' && type === 'Interaction' ? '1:999' : key),
        ],
      ),
    ),
    ...[
      '1',
      ':',
      '1:',
      ':1',
      '1:0',
      '01:1',
      '1:01',
      '2147483648:1',
      `1:${2n ** 63n}`,
      `1:${'9'.repeat(40)}`,
      '1:1:1',
    ].map((key): [string, string] => [`the interaction ${key}`, encodeGlobalId('Interaction', key)]),
  ])('are null, without an error, for %s', async (_what, id) => {
    const { data, errors } = await server.ask('query ($id: ID!) { node(id: $id) { __typename } }', { id });
    expect({ data, errors }).toEqual({ data: { node: null }, errors: undefined });
  });

  test('take one statement for each type, independent of their number', async () => {
    for (const type of nodeTypes) {
      expect(await statements(() => find(known[type].slice(0, 1)))).toBe(1);
      expect(await statements(() => find(known[type]))).toBe(1);
    }
    const all = nodeTypes.flatMap((type) => known[type]);
    expect(await statements(() => find([...all, ...all]))).toBe(nodeTypes.length);
    expect(await statements(() => find(['x', encodeGlobalId('ApiKey', 'x')]))).toBe(0);
  });

  test('take one statement if one operation requests them one by one', async () => {
    const query = `{ ${known.Item.map((id, n) => `n${n}: node(id: "${id}") { id }`).join(' ')} }`;
    expect(await statements(() => server.ask(query))).toBe(1);
  });

  test('are refused if there are more than 100', async () => {
    expect(await find(Array(100).fill(known.Item[0]))).toHaveLength(100);
    const { errors } = await server.ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: Array(101).fill('x'),
    });
    expect(errors?.[0]).toMatchObject({
      message: 'ids: expected at most 100, got 101',
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });
});
