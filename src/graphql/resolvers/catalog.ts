import { isAvailable } from '../../catalog/availability.ts';
import { datasetStatistics } from '../../catalog/dataset-statistics.ts';
import { declareFeatureFields } from '../../catalog/declare-feature-fields.ts';
import { deleteItems } from '../../catalog/delete-items.ts';
import { deleteScenarios } from '../../catalog/delete-scenarios.ts';
import { storedFields } from '../../catalog/feature-fields.ts';
import { findItem, listItems } from '../../catalog/items.ts';
import { findScenario, listScenarios } from '../../catalog/scenarios.ts';
import { setItemAvailability } from '../../catalog/set-item-availability.ts';
import { setScenarioItems } from '../../catalog/set-scenario-items.ts';
import { undeclareFeatureFields } from '../../catalog/undeclare-feature-fields.ts';
import { updateItems } from '../../catalog/update-items.ts';
import { upsertItems } from '../../catalog/upsert-items.ts';
import { upsertScenarios } from '../../catalog/upsert-scenarios.ts';
import { upsertUsers } from '../../catalog/upsert-users.ts';
import { deleteUser, findUser, listUsers } from '../../catalog/users.ts';
import { pageById } from '../connection.ts';
import type { Resolvers, ScenarioRule } from '../generated/resolver-types.ts';
import { encodeGlobalId } from '../global-id.ts';
import { payloadOf } from '../user-errors.ts';

const idOf = ({ id }: { readonly id: number }) => id;

/** Users, items, scenarios, the features that they may have, and how much of all this is stored. */
export const catalog = {
  Query: {
    user: (_root, { externalId }, { database }) => findUser(database, externalId),
    users: (_root, page, { database }) =>
      pageById('users', page, (limit, after = 0) => listUsers(database, limit, after), idOf),
    item: (_root, { externalId }, { database }) => findItem(database, externalId),
    items: (_root, { filter, ...page }, { database }) =>
      pageById('items', page, (limit, after = 0) => listItems(database, limit, after, filter), idOf),
    scenario: (_root, { externalId }, { database }) => findScenario(database, externalId),
    scenarios: (_root, page, { database }) =>
      pageById('scenarios', page, (limit, after = 0) => listScenarios(database, limit, after), idOf),
    featureFields: (_root, _args, { database }) => storedFields(database),
    datasetStatistics: (_root, _args, { database }) => datasetStatistics(database),
  },
  Mutation: {
    upsertUsers: (_root, { input }, { database }) =>
      payloadOf(async () => ({ users: await upsertUsers(database, input.users) })),
    upsertItems: (_root, { input }, { database, catalog }) =>
      payloadOf(async () => ({ items: await upsertItems(database, input.items, catalog.maxItemsIfNear) })),
    upsertScenarios: (_root, { input }, { database }) =>
      payloadOf(async () => ({ scenarios: await upsertScenarios(database, input.scenarios) })),
    setScenarioItems: (_root, { input: { scenario, items } }, { database }) =>
      payloadOf(async () => ({ scenario: await setScenarioItems(database, scenario, items) })),
    setItemAvailability: (_root, { input: { items, available } }, { database }) =>
      payloadOf(async () => ({ items: await setItemAvailability(database, items, available) })),
    updateItems: (_root, { input }, { database }) =>
      payloadOf(async () => ({ items: await updateItems(database, input.items) })),
    deleteItems: (_root, { input: { items } }, { database }) =>
      payloadOf(async () => {
        await deleteItems(database, items);
        return { deletedIds: items.map((item) => encodeGlobalId('Item', item)) };
      }),
    deleteScenarios: (_root, { input: { scenarios } }, { database }) =>
      payloadOf(async () => {
        await deleteScenarios(database, scenarios);
        return { deletedIds: scenarios.map((scenario) => encodeGlobalId('Scenario', scenario)) };
      }),
    deleteUser: (_root, { input: { user } }, { database }) =>
      payloadOf(async () => {
        await deleteUser(database, user);
        return { deletedId: encodeGlobalId('User', user) };
      }),
    declareFeatureFields: (_root, { input }, { database }) =>
      payloadOf(async () => ({ featureFields: await declareFeatureFields(database, input.fields) })),
    undeclareFeatureFields: (_root, { input }, { database }) =>
      payloadOf(async () => ({ featureFields: await undeclareFeatureFields(database, input.fields) })),
  },
  User: {
    id: ({ externalId }) => encodeGlobalId('User', externalId),
    features: ({ features }) => features as Record<string, unknown>,
  },
  Item: {
    id: ({ externalId }) => encodeGlobalId('Item', externalId),
    features: ({ features }) => features as Record<string, unknown>,
    available: (item) => isAvailable(item),
    interactionCount: ({ id }, _args, { loaders }) => loaders.interactionCount.load(id),
    scenarios: ({ id }, _args, { loaders }) => loaders.scenariosOfItem.load(id),
  },
  Scenario: {
    id: ({ externalId }) => encodeGlobalId('Scenario', externalId),
    rule: ({ rule }) => rule as ScenarioRule | null,
    itemCount: ({ id }, _args, { loaders }) => loaders.poolSize.load(id),
    items: ({ id }, page, { loaders }) =>
      pageById(
        'scenario.items',
        page,
        (limit, afterItemId = 0) => loaders.itemsOfScenario({ limit, afterItemId }).load(id),
        idOf,
      ),
  },
} satisfies Resolvers;
