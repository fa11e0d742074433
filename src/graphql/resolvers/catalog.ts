import { scenarioItems } from '../../catalog/scenarios.ts';
import { checkFirst, decodeItemCursor, encodeItemCursor, pageInfo } from '../connection.ts';
import type { ItemResolvers, ScenarioResolvers, UserResolvers } from '../generated/resolver-types.ts';

export const user: UserResolvers = {
  id: ({ externalId }) => externalId,
  features: ({ features }) => features as Record<string, unknown>,
};

export const item: ItemResolvers = {
  id: ({ externalId }) => externalId,
  features: ({ features }) => features as Record<string, unknown>,
};

export const scenario: ScenarioResolvers = {
  id: ({ externalId }) => externalId,
  async items({ id }, { first, after }, { database }) {
    checkFirst(first);
    const rows = await scenarioItems(database, id, first + 1, after == null ? 0 : decodeItemCursor(after));
    const edges = rows.slice(0, first).map((node) => ({ cursor: encodeItemCursor(node.id), node }));
    return { edges, pageInfo: pageInfo(edges, rows.length > first, after) };
  },
};
