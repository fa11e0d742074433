import type { InteractionResolvers } from '../generated/resolver-types.ts';

export const interaction: InteractionResolvers = {
  user: ({ userId }, _args, { loaders }) => loaders.user.load(userId),
  item: ({ itemId }, _args, { loaders }) => loaders.item.load(itemId),
  scenario: ({ scenarioId }, _args, { loaders }) =>
    scenarioId === null ? null : loaders.scenario.load(scenarioId),
};
