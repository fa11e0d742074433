import type { ModelVersionResolvers, RecommendationEdgeResolvers } from '../generated/resolver-types.ts';

export const recommendationEdge: RecommendationEdgeResolvers = {
  node: ({ itemId }, _args, { loaders }) => loaders.item.load(itemId),
  modelVersion: ({ modelVersionId }, _args, { loaders }) =>
    modelVersionId === null ? null : loaders.modelVersion.load(modelVersionId),
};

export const modelVersion: ModelVersionResolvers = {
  id: ({ id }) => String(id),
};
