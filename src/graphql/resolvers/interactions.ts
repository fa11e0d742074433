import type { Resolvers } from '../generated/resolver-types.ts';
import { encodeGlobalId } from '../global-id.ts';

/** What users did. */
export const interactions = {
  Interaction: {
    id: ({ userId, id }) => encodeGlobalId('Interaction', `${userId}:${id}`),
    user: ({ userId }, _args, { loaders }) => loaders.user.load(userId),
    item: ({ itemId }, _args, { loaders }) => loaders.item.load(itemId),
    scenario: ({ scenarioId }, _args, { loaders }) =>
      scenarioId === null ? null : loaders.scenario.load(scenarioId),
  },
} satisfies Resolvers;
