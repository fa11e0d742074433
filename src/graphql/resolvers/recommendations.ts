import { liveItem } from '../../live-catalog/live-rows.ts';
import { fillShelves } from '../../serving/fill-shelves.ts';
import { listPopularItems } from '../../serving/list-popular-items.ts';
import { type RecommendationPage, recommend } from '../../serving/recommend.ts';
import { findSimilarItems } from '../../serving/similar-items.ts';
import { checkFirst, pageInfo } from '../connection.ts';
import type { Resolvers } from '../generated/resolver-types.ts';
import type { RequestContext } from '../request-context.ts';

/** Recommended, similar and popular items. */
export const recommendations = {
  Query: {
    async recommendations(_root, request, { serving }) {
      checkFirst(request.first);
      return connection(await recommend(serving, request), request.after);
    },
    async shelves(_root, request, { serving }) {
      checkFirst(request.first);
      return fillShelves(serving, request);
    },
    async similarItems(_root, request, { serving }) {
      checkFirst(request.first);
      const { items, hasNextPage } = await findSimilarItems(serving, request);
      return { edges: [...items], pageInfo: pageInfo(items, hasNextPage, request.after) };
    },
    async popularItems(_root, request, { serving }) {
      checkFirst(request.first);
      const { items, hasNextPage, degraded } = await listPopularItems(serving, request);
      return { edges: [...items], pageInfo: pageInfo(items, hasNextPage, request.after), degraded };
    },
  },
  RecommendationEdge: {
    node: listedItem,
    predictedRating: (recommendation) => recommendation.predictRating(),
    modelVersion: ({ modelVersionId }, _args, { loaders }) =>
      modelVersionId === null ? null : loaders.modelVersion.load(modelVersionId),
  },
  Shelf: {
    scenario: ({ scenarioId }, _args, { loaders }) => loaders.scenario.load(scenarioId),
    recommendations: ({ page }) => connection(page),
  },
  SimilarItemEdge: {
    node: listedItem,
    modelVersion: ({ modelVersionId }, _args, { loaders }) =>
      modelVersionId === null ? null : loaders.modelVersion.load(modelVersionId),
  },
  PopularItemEdge: {
    node: listedItem,
  },
} satisfies Resolvers;

function connection(page: RecommendationPage, after?: string | null) {
  const { recommendations, hasNextPage, degraded, unknownItems } = page;
  return {
    edges: [...recommendations],
    pageInfo: pageInfo(recommendations, hasNextPage, after),
    degraded,
    unknownItems: [...unknownItems],
  };
}

/** A list has just been made of the items in memory, so that nearly all are there, and none has to be waited for. */
function listedItem({ itemId }: { readonly itemId: number }, _args: unknown, { catalog, loaders }: RequestContext) {
  return liveItem(catalog, itemId) ?? loaders.item.load(itemId);
}
