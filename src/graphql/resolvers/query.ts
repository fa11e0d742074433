import { findItem } from '../../catalog/items.ts';
import { findScenario } from '../../catalog/scenarios.ts';
import { findUser } from '../../catalog/users.ts';
import { type ErrorCode, WarmstartError } from '../../errors.ts';
import { checkFirst, pageInfo } from '../connection.ts';
import type { QueryResolvers } from '../generated/resolver-types.ts';

export const query: QueryResolvers = {
  async recommendations(_root, { userId, scenarioId, first, after }, { recommendations }) {
    checkFirst(first);
    const page = await recommendations.recommend({ userId, scenarioId, first, after });
    return {
      edges: [...page.recommendations],
      pageInfo: pageInfo(page.recommendations, page.hasNextPage, after),
    };
  },
  user: async (_root, { id }, { database }) =>
    found(await findUser(database, id), 'USER_NOT_FOUND', 'user', id),
  item: async (_root, { id }, { database }) =>
    found(await findItem(database, id), 'ITEM_NOT_FOUND', 'item', id),
  scenario: async (_root, { id }, { database }) =>
    found(await findScenario(database, id), 'SCENARIO_NOT_FOUND', 'scenario', id),
};

function found<T>(row: T | null, code: ErrorCode, kind: string, id: string): T {
  if (row) return row;
  throw new WarmstartError(code, `there is no ${kind} with the id ${JSON.stringify(id)}`);
}
