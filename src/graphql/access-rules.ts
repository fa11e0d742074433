import type { GraphQLScalarType } from 'graphql';
import type { Interaction, User } from '../store/database.ts';
import { admin, client, concealed, type FieldRule, self, signedIn } from './field-rule.ts';
import type { RecommendationTarget, Resolvers } from './generated/resolver-types.ts';
import { visibleNode, visibleNodes } from './visible-nodes.ts';

type FieldsOf<Type> = Exclude<keyof Type, '__isTypeOf' | '__resolveType'>;

type RuleOf<Field> =
  Extract<Field, (...args: never[]) => unknown> extends (
    source: infer Source,
    args: infer Arguments,
    ...rest: never[]
  ) => unknown
    ? FieldRule<Source, Arguments>
    : never;

type RulesOf<Type> = { readonly [Field in FieldsOf<Type>]-?: RuleOf<Type[Field]> };

/** A table that lacks a type or a field does not compile. */
export type AccessRules = {
  readonly [Type in keyof Resolvers as NonNullable<Resolvers[Type]> extends GraphQLScalarType
    ? never
    : FieldsOf<NonNullable<Resolvers[Type]>> extends never
      ? never
      : Type]-?: RulesOf<NonNullable<Resolvers[Type]>>;
};

const ownTarget = self((_source: unknown, { for: target }: { for: RecommendationTarget }) =>
  // Everybody may ask for a visitor: everything about a visitor comes with the request.
  target.user == null ? [] : [target.user],
);
const ownUser = self(({ externalId }: User) => [externalId]);
const ownInteraction = self(async ({ userId }: Interaction, _args, { loaders }) => [
  (await loaders.user.load(userId)).externalId,
]);

/**
 * Who may use each field of each type of `schema.graphql`. A user may read the catalog and everything about themselves.
 * A client may read and write all users and items. An admin may do everything.
 */
export const accessRules: AccessRules = {
  Query: {
    node: concealed(visibleNode),
    nodes: concealed(visibleNodes),
    recommendations: ownTarget,
    shelves: ownTarget,
    user: self((_source, { externalId }: { externalId: string }) => [externalId]),
    ...all(signedIn, 'similarItems', 'popularItems', 'item', 'items', 'scenario', 'scenarios'),
    ...all(signedIn, 'featureFields', 'interactionTypes'),
    ...all(client, 'users', 'interactions'),
    ...all(admin, 'trainingRun', 'trainingRuns', 'retrainSchedules', 'modelVersions'),
    ...all(admin, 'explainRecommendation', 'whyNot', 'routeComparison', 'contextMap'),
    ...all(admin, 'datasetStatistics', 'apiKeys'),
  },
  Mutation: {
    recordInteractions: self((_source, { input }: { input: { interactions: readonly { user: string }[] } }) =>
      input.interactions.map(({ user }) => user),
    ),
    deleteUser: self((_source, { input }: { input: { user: string } }) => [input.user]),
    ...all(client, 'upsertUsers', 'upsertItems', 'upsertScenarios', 'setScenarioItems'),
    ...all(client, 'setItemAvailability', 'updateItems', 'deleteItems', 'deleteScenarios', 'deleteInteractions'),
    ...all(admin, 'declareFeatureFields', 'undeclareFeatureFields', 'declareInteractionTypes'),
    ...all(admin, 'startTraining', 'cancelTraining', 'scheduleRetrain', 'pauseRetrainSchedule'),
    ...all(admin, 'resumeRetrainSchedule', 'deleteRetrainSchedule', 'promoteModel', 'rollbackModel'),
    ...all(admin, 'createApiKey', 'revokeApiKey'),
  },

  UserError: all(signedIn, 'message', 'field', 'code'),
  PageInfo: all(signedIn, 'hasNextPage', 'hasPreviousPage', 'startCursor', 'endCursor'),

  User: all(ownUser, 'id', 'externalId', 'features', 'createdAt', 'interactions'),
  UserConnection: all(client, 'edges', 'pageInfo'),
  UserEdge: all(client, 'cursor', 'node'),
  Interaction: all(ownInteraction, 'id', 'user', 'item', 'scenario', 'type', 'value', 'occurredAt'),
  // A user may read their own interactions; the rule of `Interaction` checks each one.
  InteractionConnection: all(signedIn, 'edges', 'pageInfo'),
  InteractionEdge: all(signedIn, 'cursor', 'node'),
  RecordInteractionsPayload: all(signedIn, 'results', 'userErrors'),
  RecordInteractionResult: all(signedIn, 'interaction', 'recorded'),
  DeleteUserPayload: all(signedIn, 'deletedId', 'userErrors'),
  UpsertUsersPayload: all(client, 'users', 'userErrors'),

  Item: {
    ...all(signedIn, 'id', 'externalId', 'title', 'features', 'available', 'availableFrom', 'availableUntil'),
    ...all(signedIn, 'interactionCount', 'createdAt', 'scenarios'),
  },
  ItemConnection: all(signedIn, 'edges', 'pageInfo'),
  ItemEdge: all(signedIn, 'cursor', 'node'),
  UpsertItemsPayload: all(client, 'items', 'userErrors'),
  SetItemAvailabilityPayload: all(client, 'items', 'userErrors'),
  UpdateItemsPayload: all(client, 'items', 'userErrors'),
  DeleteItemsPayload: all(client, 'deletedIds', 'userErrors'),
  DeleteScenariosPayload: all(client, 'deletedIds', 'userErrors'),
  DeleteInteractionsPayload: all(client, 'deletedIds', 'userErrors'),
  Scenario: all(signedIn, 'id', 'externalId', 'title', 'rule', 'itemCount', 'items', 'createdAt'),
  ScenarioRule: all(signedIn, 'features'),
  ScenarioRuleCondition: all(signedIn, 'feature', 'in', 'notIn', 'atLeast', 'atMost', 'from', 'until'),
  ScenarioConnection: all(signedIn, 'edges', 'pageInfo'),
  ScenarioEdge: all(signedIn, 'cursor', 'node'),
  UpsertScenariosPayload: all(client, 'scenarios', 'userErrors'),
  SetScenarioItemsPayload: all(client, 'scenario', 'userErrors'),
  FeatureField: all(signedIn, 'entity', 'name', 'kind', 'width'),
  DeclaredInteractionType: {
    ...all(signedIn, 'name', 'polarity', 'weight', 'positiveFrom', 'countsAsSeen', 'countsOnce'),
    ...all(signedIn, 'expiresAfterDays'),
  },
  DeclareInteractionTypesPayload: all(admin, 'interactionTypes', 'userErrors'),
  DeclareFeatureFieldsPayload: all(admin, 'featureFields', 'userErrors'),
  UndeclareFeatureFieldsPayload: all(admin, 'featureFields', 'userErrors'),

  RecommendationConnection: all(signedIn, 'edges', 'pageInfo', 'degraded', 'unknownItems'),
  RecommendationEdge: all(signedIn, 'cursor', 'node', 'score', 'predictedRating', 'reason', 'modelVersion'),
  Shelf: all(signedIn, 'scenario', 'recommendations'),
  SimilarItemConnection: all(signedIn, 'edges', 'pageInfo'),
  SimilarItemEdge: all(signedIn, 'cursor', 'node', 'similarity', 'modelVersion'),
  PopularItemConnection: all(signedIn, 'edges', 'pageInfo', 'degraded'),
  PopularItemEdge: all(signedIn, 'cursor', 'node', 'positives', 'interactions'),

  ModelVersion: {
    ...all(signedIn, 'id', 'number', 'kind', 'createdAt', 'taskKind'),
    ...all(admin, 'active', 'config', 'dataSnapshot', 'bars', 'barsByHistory', 'trainingRun'),
    ...all(admin, 'lists', 'servesFrom', 'promotionDecisions'),
  },
  ModelVersionConnection: all(admin, 'edges', 'pageInfo'),
  ModelVersionEdge: all(admin, 'cursor', 'node'),
  DataSnapshot: {
    ...all(admin, 'takenAt', 'users', 'items', 'scenarios', 'interactions'),
    ...all(admin, 'trainedTasks', 'heldOutTasks'),
  },
  MetricBar: all(admin, 'metric', 'higherIsBetter', 'value', 'unadapted', 'active', 'popularity'),
  HistoryBars: all(admin, 'from', 'to', 'tasks', 'bars'),
  ListMeasurement: all(admin, 'shown', 'users', 'value', 'active', 'popularity', 'itemKnn'),
  ListMetrics: all(admin, 'recall10', 'recall20', 'ndcg20', 'ndcg100', 'coverage10'),
  PromotionDecision: {
    ...all(admin, 'decidedAt', 'decidedBy', 'promoted', 'reason', 'previous'),
    ...all(admin, 'metric', 'value', 'activeValue', 'margin'),
  },
  PromoteModelPayload: all(admin, 'modelVersion', 'userErrors'),
  RollbackModelPayload: all(admin, 'modelVersion', 'userErrors'),

  TrainingRun: {
    ...all(admin, 'id', 'taskKind', 'status', 'trigger', 'schedule', 'recipe', 'seed', 'engine', 'phase'),
    ...all(admin, 'progress', 'attempts', 'lossCurve', 'epochs', 'metrics', 'log', 'error'),
    ...all(admin, 'createdAt', 'startedAt', 'finishedAt', 'modelVersion'),
  },
  TrainingRunConnection: all(admin, 'edges', 'pageInfo'),
  TrainingRunEdge: all(admin, 'cursor', 'node'),
  LossPoint: all(admin, 'step', 'loss'),
  EpochMetrics: all(admin, 'epoch', 'trainingLoss', 'validationLoss', 'at'),
  Metric: all(admin, 'name', 'value'),
  LogLine: all(admin, 'at', 'message'),
  StartTrainingPayload: all(admin, 'trainingRun', 'userErrors'),
  CancelTrainingPayload: all(admin, 'trainingRun', 'userErrors'),
  RetrainSchedule: {
    ...all(admin, 'id', 'cron', 'timezone', 'taskKind', 'recipe', 'paused', 'nextRunAt', 'lastRun'),
    createdAt: admin,
  },
  RetrainScheduleConnection: all(admin, 'edges', 'pageInfo'),
  RetrainScheduleEdge: all(admin, 'cursor', 'node'),
  ScheduleRetrainPayload: all(admin, 'retrainSchedule', 'userErrors'),
  RetrainSchedulePayload: all(admin, 'retrainSchedule', 'userErrors'),
  DeleteRetrainSchedulePayload: all(admin, 'deletedId', 'userErrors'),

  RecommendationExplanation: {
    ...all(admin, 'item', 'score', 'modelVersion', 'stage', 'modulation', 'ridgePart', 'closedFormPart'),
    personalPart: admin,
    ...all(admin, 'supportSize', 'influences'),
  },
  SupportInfluence: all(admin, 'item', 'user', 'label', 'effect'),
  RouteExplanation: all(admin, 'layers', 'strongestPath'),
  RouteLayer: all(admin, 'weights'),
  RoutePath: all(admin, 'modules', 'weight'),
  LayerModulationExplanation: all(admin, 'layers'),
  LayerModulation: all(admin, 'scales', 'shifts', 'distanceFromAverage'),
  GeneratedWeightsExplanation: all(admin, 'bias', 'largestTerms'),
  WeightTerm: all(admin, 'unit', 'weight', 'activation', 'contribution'),
  WhyNot: {
    ...all(admin, 'item', 'outcome', 'filteredBy', 'rank', 'score'),
    ...all(admin, 'lastShownScore', 'missingScore', 'listSize'),
  },
  RouteComparison: all(admin, 'modelVersion', 'routes', 'distances'),
  TaskRoute: all(admin, 'owner', 'layers', 'strongestPath'),
  ContextMap: all(admin, 'modelVersion', 'method', 'explainedVariance', 'points'),
  ContextPoint: all(admin, 'owner', 'x', 'y', 'supportSize'),

  DatasetStatistics: {
    ...all(admin, 'users', 'items', 'availableItems', 'scenarios', 'interactions', 'interactionsByType'),
    ...all(admin, 'density', 'usersByHistory', 'itemsByHistory', 'meanRating'),
    ...all(admin, 'earliestInteractionAt', 'latestInteractionAt'),
  },
  TypeCount: all(admin, 'type', 'count'),
  HistoryCount: all(admin, 'from', 'to', 'count'),

  ApiKey: all(
    admin,
    ...(['id', 'name', 'role', 'prefix', 'createdAt', 'lastUsedAt', 'expiresAt', 'revokedAt'] as const),
  ),
  ApiKeyConnection: all(admin, 'edges', 'pageInfo'),
  ApiKeyEdge: all(admin, 'cursor', 'node'),
  CreateApiKeyPayload: all(admin, 'apiKey', 'secret', 'userErrors'),
  RevokeApiKeyPayload: all(admin, 'apiKey', 'userErrors'),
};

/** One rule for several fields. They are listed by name, so that a new field needs a rule of its own. */
function all<Rule, const Name extends string>(rule: Rule, ...fields: readonly Name[]): Record<Name, Rule> {
  return Object.fromEntries(fields.map((field) => [field, rule])) as Record<Name, Rule>;
}
