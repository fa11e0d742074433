import { maxRows } from '../catalog/check-batch.ts';
import { maxFields } from '../catalog/declare-feature-fields.ts';
import { maxSampled } from '../explanation/context-map.ts';
import { maxTasks } from '../explanation/route-comparison.ts';
import { maxInteractionTypes } from '../features/interaction-types.ts';
import { maxShelves } from '../serving/fill-shelves.ts';
import { maxPageSize } from './connection.ts';
import { maxNodes } from './find-nodes.ts';

/** Arguments of a field, with variables and defaults filled in. */
export type FieldArguments = Readonly<Record<string, unknown>>;

/** What costs depend on besides arguments. */
export interface CostSettings {
  /** The number of items in the catalog. */
  readonly items: number;
}

/** In points. 1 point is about the cost of reading one object by its ID, in a batch with others of its type. */
export interface FieldCost {
  /** Cost of the field itself. */
  readonly base: number | ((args: FieldArguments, settings: CostSettings) => number);
  /** Maximum number of times that the selection below the field is executed. Default: once. */
  readonly times?: (args: FieldArguments) => number;
  /** Cost of each time, besides the selection. */
  readonly each?: number;
}

/**
 * The cost of fields, by `Type.field`. A field that is not in the table costs 0 if it is a scalar or an enum, and
 * otherwise 1 plus its selection. If it has an argument `first`, its selection counts `first` times.
 *
 * An argument above its limit is priced as if it were at the limit. `input-limits`, or the service of a mutation,
 * refuses it with the reason.
 */
export const fieldCosts: Readonly<Record<string, FieldCost>> = {
  'Query.nodes': { base: 1, times: ({ ids }) => length(ids, maxNodes) },

  // Lists: read the user's history, adapt a model, search the catalog for the best items. In a scenario, only the items
  // of its pool are candidates, but each item of the catalog is marked.
  'Query.recommendations': {
    base: ({ scenario }, { items }) => 10 + (scenario == null ? searchCost(items) : markCost(items)),
    times: first,
  },
  // The first shelf costs as much as a list. Each further one takes about two fifths of the time, and more with
  // scenario models.
  'Query.shelves': {
    base: ({ scenarios }, { items }) => 6 + (4 + markCost(items)) * length(scenarios, maxShelves),
    times: (args) => length(args.scenarios, maxShelves) * first(args),
  },
  // The search is that of a list.
  'Query.similarItems': { base: (_args, { items }) => 10 + searchCost(items), times: first },
  // All items are looked at, but none is compared.
  'Query.popularItems': { base: (_args, { items }) => 5 + markCost(items), times: first },
  'RecommendationEdge.predictedRating': { base: 1 },

  // Explanations: a list that is scored again for each interaction left out, or for each task.
  'Query.explainRecommendation': { base: (_args, { items }) => 100 + searchCost(items) },
  'RecommendationExplanation.influences': { base: 200, times: first },
  'Query.whyNot': { base: (_args, { items }) => 50 + searchCost(items) },
  'Query.routeComparison': {
    base: ({ tasks }, { items }) => 50 + searchCost(items) * length(tasks, maxTasks),
    times: ({ tasks }) => length(tasks, maxTasks),
    each: 20,
  },
  'Query.contextMap': { base: 500, times: ({ sample }) => between(sample, maxSampled), each: 2 },

  // Counts over all stored rows, and long lists.
  'Query.datasetStatistics': { base: 1000 },
  'Item.interactionCount': { base: 1 },
  'Scenario.itemCount': { base: 1 },
  'Item.scenarios': { base: 1, times: () => 20 },
  'ModelVersion.promotionDecisions': { base: 1, times: () => 10 },
  'TrainingRun.lossCurve': { base: 20 },
  'TrainingRun.epochs': { base: 10 },
  'TrainingRun.log': { base: 10 },

  // End users may record too: by default, an API key's points allow 120,000 interactions a minute.
  'Mutation.recordInteractions': batch('interactions', maxRows, 5),
  'Mutation.upsertUsers': batch('users', maxRows),
  'Mutation.upsertItems': batch('items', maxRows),
  'Mutation.upsertScenarios': batch('scenarios', maxRows),
  'Mutation.setItemAvailability': batch('items', maxRows),
  'Mutation.updateItems': batch('items', maxRows),
  // All interactions with the item are deleted too.
  'Mutation.deleteItems': batch('items', maxRows, 50),
  'Mutation.deleteScenarios': batch('scenarios', maxRows, 50),
  'Mutation.deleteInteractions': batch('interactions', maxRows, 5),
  'Mutation.declareFeatureFields': batch('fields', maxFields),
  'Mutation.declareInteractionTypes': batch('types', maxInteractionTypes),
  'Mutation.undeclareFeatureFields': batch('fields', maxFields),
  'Mutation.setScenarioItems': { base: 500 },
  'Mutation.deleteUser': { base: 50 },
  'Mutation.startTraining': { base: 1000 },
  'Mutation.scheduleRetrain': { base: 1000 },
  'Mutation.promoteModel': { base: 100 },
  'Mutation.rollbackModel': { base: 100 },
  'Mutation.createApiKey': { base: 50 },
  'Mutation.revokeApiKey': { base: 50 },
};

/** The base of a list covers a catalog of this size. */
const coveredItems = 10_000;

/**
 * Cost of searching the catalog, besides the base of a list. A list of ten items takes 2 ms with 14,000 items, 8 ms with
 * 100,000, and 51 ms with a million: 15 to 20 points for each millisecond.
 */
function searchCost(items: number): number {
  return thousands(Math.max(0, items - coveredItems));
}

/** Cost of marking the items of a scenario in the catalog. It takes about a twentieth of the time of a search. */
function markCost(items: number): number {
  return Math.ceil(searchCost(items) / 20);
}

function thousands(items: number): number {
  return Math.ceil(items / 1000);
}

/** The size of a page, limited to its maximum. */
export function first({ first }: FieldArguments): number {
  return between(first, maxPageSize);
}

/** A batch of which each element costs `each` to store, plus the selection of its result. */
function batch(name: string, max: number, each = 1): FieldCost {
  const times = ({ input }: FieldArguments) => length((input as FieldArguments | undefined)?.[name], max);
  return { base: 1, times, each };
}

function length(list: unknown, max: number): number {
  return Array.isArray(list) ? Math.min(list.length, max) : 1;
}

function between(count: unknown, max: number): number {
  return typeof count === 'number' ? Math.max(1, Math.min(count, max)) : 1;
}
