import { checkFirst, pageInfo } from '../connection.ts';
import type { Resolvers } from '../generated/resolver-types.ts';

/** Lists of items for somebody. */
export const recommendations = {
  Query: {
    async recommendations(_root, { for: target, scenario, first, after }, { recommendations }) {
      checkFirst(first);
      const userId = target.user as string;
      const page = await recommendations.recommend({ userId, scenarioId: scenario, first, after });
      return {
        edges: [...page.recommendations],
        pageInfo: pageInfo(page.recommendations, page.hasNextPage, after),
      };
    },
  },
  RecommendationEdge: {
    node: ({ itemId }, _args, { loaders }) => loaders.item.load(itemId),
    modelVersion: ({ modelVersionId }, _args, { loaders }) =>
      modelVersionId === null ? null : loaders.modelVersion.load(modelVersionId),
  },
} satisfies Resolvers;
