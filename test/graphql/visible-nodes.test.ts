import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { graphql } from 'graphql';
import type { Principal } from '../../src/access/principal.ts';
import { projectRoot } from '../../src/common/project-root.ts';
import { accessRules } from '../../src/graphql/access-rules.ts';
import { decodeGlobalId, encodeGlobalId, nodeTypes } from '../../src/graphql/global-id.ts';
import { guardFields } from '../../src/graphql/guard-fields.ts';
import { createLoaders } from '../../src/graphql/loaders.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { LiveCatalog } from '../../src/live-catalog/live-catalog.ts';
import { countStatements } from '../support/count-statements.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

/** Finds an object for every ID, so that a `null` comes from a rule. */
const found = (id: string) => ({ __typename: decodeGlobalId(id)?.type ?? 'Item', id });
const schema = guardFields(
  makeExecutableSchema({
    typeDefs: readFileSync(join(projectRoot, 'schema.graphql'), 'utf8'),
    resolvers: {
      Query: {
        node: (_root: unknown, { id }: { id: string }) => found(id),
        nodes: async (_root: unknown, { ids }: { ids: string[] }) => ids.map(found),
      },
    },
  }),
  accessRules,
);

describe('nodes', () => {
  const db = testDatabase();
  let ids: string[];
  let catalog: LiveCatalog;

  const rowsOf = (userId: number) => db.database.interaction.findMany({ where: { userId } });
  /** Returns those of these IDs that the principal can see. */
  const ask = async (principal: Principal, ids: readonly string[]) => {
    const source = 'query ($ids: [ID!]!, $id: ID!) { nodes(ids: $ids) { __typename } node(id: $id) { __typename } }';
    const contextValue = { principal, loaders: createLoaders({ database: db.database, catalog }) };
    const types = async (id: string) => {
      const { data, errors } = await graphql({ schema, source, contextValue, variableValues: { ids, id } });
      expect(errors).toBeUndefined();
      return JSON.parse(JSON.stringify(data)) as { nodes: unknown[]; node: unknown };
    };
    const { nodes } = await types('');
    const each = await Promise.all(ids.map(async (id) => (await types(id)).node));
    expect(each).toEqual(nodes);
    return ids.filter((_id, index) => nodes[index] !== null);
  };
  const named = (names: readonly string[]) =>
    ids.filter((id) => names.includes(Buffer.from(id, 'base64url').toString().split(':')[0] as string));

  beforeAll(async () => {
    catalog = await LiveCatalog.open({ connections: db.pool });
    const interactions = [rating('u1', 'i1', 4), rating('u2', 'i2', 3)];
    const dataset = smallDataset({ ...smallCatalog(2, 2), interactions });
    await loadDataset(db.pool, dataset, { ratingScale: { minimum: 1, maximum: 5 } });
    const users = await db.database.user.findMany({ orderBy: { externalId: 'asc' } });
    const rows = (await Promise.all(users.map(({ id }) => rowsOf(id)))).flat();
    ids = [...nodeTypes.filter((type) => type !== 'User' && type !== 'Interaction')].map((type) =>
      encodeGlobalId(type, 1),
    );
    ids.push(...users.map(({ externalId }) => encodeGlobalId('User', externalId)));
    ids.push(...rows.map(({ userId, id }) => encodeGlobalId('Interaction', `${userId}:${id}`)));
    expect(ids).toHaveLength(10);
  });

  test('are all visible to an admin', async () => {
    expect(await ask({ role: 'ADMIN', keyId: 1 }, ids)).toEqual(ids);
  });

  test('are visible to a client, except those for admins', async () => {
    expect(await ask({ role: 'CLIENT', keyId: 1 }, ids)).toEqual(
      named(['Item', 'Scenario', 'ModelVersion', 'User', 'Interaction']),
    );
  });

  test('are visible to a user if they are in the catalog or belong to the user', async () => {
    const [, second] = named(['User']);
    const [, ofSecond] = named(['Interaction']);
    expect(await ask({ role: 'USER', userId: 'u2' }, ids)).toEqual([
      ...named(['Item', 'Scenario', 'ModelVersion']),
      second,
      ofSecond,
    ]);
  });

  test('are null for a user if their IDs are invented', async () => {
    const keys = ['1', '1:', ':1', '2147483648:1', '99999999999:1', 'x:1', '-1:1', '999999:1'];
    const invented = keys.map((key) => encodeGlobalId('Interaction', key));
    invented.push('', 'nonsense', encodeGlobalId('User', ''), encodeGlobalId('User', 'U2'));
    expect(await ask({ role: 'USER', userId: 'u2' }, invented)).toEqual([]);
  });

  test('take one more statement for a user, independent of the number of interactions', async () => {
    const loaders = createLoaders({ database: db.database, catalog });
    const variableValues = {
      ids: Array.from({ length: 100 }, (_, n) => encodeGlobalId('Interaction', `${n}:1`)),
    };
    const contextValue = { principal: { role: 'USER', userId: 'u2' }, loaders };
    const source = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }';
    expect(await countStatements(() => graphql({ schema, source, contextValue, variableValues }))).toBe(1);
  });
});
