import type { TaskOwner } from '../../explanation/route-comparison.ts';
import { checkFirst } from '../connection.ts';
import type { Resolvers } from '../generated/resolver-types.ts';
import type { Loaders } from '../loaders.ts';
import type { RequestContext } from '../request-context.ts';

const typeOfModulation = {
  route: 'RouteExplanation',
  layers: 'LayerModulationExplanation',
  weights: 'GeneratedWeightsExplanation',
} as const;

/** Explanations of lists and of models. */
export const explanations = {
  Query: {
    explainRecommendation: (_root, request, { explanations, serving }) =>
      explanations.explainRecommendation(serving, request),
    whyNot(_root, request, { explanations, serving }) {
      checkFirst(request.first);
      return explanations.whyNot(serving, request);
    },
    routeComparison: (_root, { tasks }, { explanations, serving }) => explanations.compareRoutes(serving, tasks),
    contextMap: (_root, request, { explanations, serving }) => explanations.mapContexts(serving, request),
  },
  RecommendationExplanation: {
    item: itemOf,
    modelVersion: modelVersionOf,
    async influences(explanation, { first }) {
      checkFirst(first);
      return (await explanation.influences()).slice(0, first);
    },
  },
  SupportInfluence: {
    item: itemOf,
    user: ({ userId }, _args, { loaders }) => (userId === null ? null : loaders.user.load(userId)),
  },
  ModulationExplanation: { __resolveType: ({ kind }) => typeOfModulation[kind] },
  LayerModulation: { distanceFromAverage: (layer) => layer.distanceFromAverage() },
  WhyNot: { item: itemOf },
  RouteComparison: { modelVersion: modelVersionOf },
  TaskRoute: { owner: ownerOf },
  ContextMap: { modelVersion: modelVersionOf },
  ContextPoint: { owner: ownerOf },
  // Only scenarios have a title.
  TaskOwner: { __resolveType: (owner) => ('title' in owner ? 'Scenario' : 'User') },
} satisfies Resolvers;

function itemOf({ itemId }: { itemId: number }, _args: object, { loaders }: RequestContext) {
  return loaders.item.load(itemId);
}

function modelVersionOf({ modelVersionId }: { modelVersionId: number }, _args: object, { loaders }: RequestContext) {
  return loaders.modelVersion.load(modelVersionId);
}

function ownerOf(
  { taskKind, ownerId }: TaskOwner,
  _args: object,
  { loaders }: RequestContext,
): ReturnType<Loaders['user']['load']> | ReturnType<Loaders['scenario']['load']> {
  return taskKind === 'USER' ? loaders.user.load(ownerId) : loaders.scenario.load(ownerId);
}
