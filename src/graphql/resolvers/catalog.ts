import { findItem } from '../../catalog/items.ts';
import { findScenario, scenarioItems } from '../../catalog/scenarios.ts';
import { findUser } from '../../catalog/users.ts';
import { pageById } from '../connection.ts';
import type { Resolvers } from '../generated/resolver-types.ts';
import { encodeGlobalId } from '../global-id.ts';

/** Users, items and scenarios. */
export const catalog = {
  Query: {
    user: (_root, { externalId }, { database }) => findUser(database, externalId),
    item: (_root, { externalId }, { database }) => findItem(database, externalId),
    scenario: (_root, { externalId }, { database }) => findScenario(database, externalId),
  },
  User: {
    id: ({ externalId }) => encodeGlobalId('User', externalId),
    features: ({ features }) => features as Record<string, unknown>,
  },
  Item: {
    id: ({ externalId }) => encodeGlobalId('Item', externalId),
    features: ({ features }) => features as Record<string, unknown>,
  },
  Scenario: {
    id: ({ externalId }) => encodeGlobalId('Scenario', externalId),
    items: ({ id }, page, { database }) =>
      pageById(
        'scenario.items',
        page,
        (limit, after = 0) => scenarioItems(database, id, limit, after),
        (item) => item.id,
      ),
  },
} satisfies Resolvers;
