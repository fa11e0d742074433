import { maxRows } from '../catalog/check-batch.ts';
import { maxFields } from '../catalog/declare-feature-fields.ts';
import { maxSampled } from '../explanation/context-map.ts';
import { maxTasks } from '../explanation/route-comparison.ts';
import { maxShelves } from '../serving/fill-shelves.ts';
import { maxPageSize } from './connection.ts';
import { maxNodes } from './find-nodes.ts';

/** Arguments of a field as they will be executed, variables and defaults filled in. */
export type FieldArguments = Readonly<Record<string, unknown>>;

/** What the operator chose that costs go by. */
export interface CostSettings {
  /** Most items compared with one for those that are similar to it. */
  readonly comparedItems: number;
}

/** In points, of which 1 is about an object read by its id, along with others of its kind. */
export interface FieldCost {
  /** What the field itself costs. */
  readonly base: number | ((args: FieldArguments, settings: CostSettings) => number);
  /** How often, at most, what is selected below it comes; once, unless told. */
  readonly times?: (args: FieldArguments) => number;
  /** What each time costs besides what is selected. */
  readonly each?: number;
}

/**
 * What fields cost, by `Type.field`. Those that are not here cost 0 as a scalar or an enum, and 1 and what is selected below them as an
 * object; with an argument `first`, what is below comes as often.
 *
 * What is asked for beyond what may be counts as the most that may be: `input-limits`, or the service of a mutation, refuses it, and says why.
 */
export const fieldCosts: Readonly<Record<string, FieldCost>> = {
  'Query.nodes': { base: 1, times: ({ ids }) => length(ids, maxNodes) },

  // Lists: the user's history is read, a model adapted, and thousands of candidates scored.
  'Query.recommendations': { base: 10, times: first },
  // One shelf is a list; each of the others takes some two fifths as long, and longer where models of scenarios serve.
  'Query.shelves': {
    base: ({ scenarios }) => 6 + 4 * length(scenarios, maxShelves),
    times: (args) => length(args.scenarios, maxShelves) * first(args),
  },
  // A list scores 5000 items in about the time in which 10,000 are read and compared.
  'Query.similarItems': {
    base: (_args, { comparedItems }) => 20 + Math.ceil(comparedItems / 1000),
    times: first,
  },
  'Query.popularItems': { base: 5, times: first },

  // Explanations: a list, scored again for each interaction left out, or for each task.
  'Query.explainRecommendation': { base: 100 },
  'RecommendationExplanation.influences': { base: 200, times: first },
  'Query.whyNot': { base: 50 },
  'Query.routeComparison': { base: 50, times: ({ tasks }) => length(tasks, maxTasks), each: 20 },
  'Query.contextMap': { base: 500, times: ({ sample }) => between(sample, maxSampled), each: 2 },

  // Counted over all that is stored, or long.
  'Query.datasetStatistics': { base: 1000 },
  'Item.interactionCount': { base: 1 },
  'Scenario.itemCount': { base: 1 },
  'Item.scenarios': { base: 1, times: () => 20 },
  'ModelVersion.promotionDecisions': { base: 1, times: () => 10 },
  'TrainingRun.lossCurve': { base: 20 },
  'TrainingRun.epochs': { base: 10 },
  'TrainingRun.log': { base: 10 },

  // End users may, too: a caller's default points are 120,000 of them a minute.
  'Mutation.recordInteractions': batch('interactions', maxRows, 5),
  'Mutation.upsertUsers': batch('users', maxRows),
  'Mutation.upsertItems': batch('items', maxRows),
  'Mutation.upsertScenarios': batch('scenarios', maxRows),
  'Mutation.setItemAvailability': batch('items', maxRows),
  'Mutation.declareFeatureFields': batch('fields', maxFields),
  'Mutation.setScenarioItems': { base: 500 },
  'Mutation.deleteUser': { base: 50 },
  'Mutation.startTraining': { base: 1000 },
  'Mutation.scheduleRetrain': { base: 1000 },
  'Mutation.promoteModel': { base: 100 },
  'Mutation.rollbackModel': { base: 100 },
  'Mutation.createApiKey': { base: 50 },
  'Mutation.revokeApiKey': { base: 50 },
};

/** Of a page. */
export function first({ first }: FieldArguments): number {
  return between(first, maxPageSize);
}

/** What is stored one by one at the cost of `each`, and may be asked back one by one. */
function batch(name: string, most: number, each = 1): FieldCost {
  const times = ({ input }: FieldArguments) => length((input as FieldArguments | undefined)?.[name], most);
  return { base: 1, times, each };
}

function length(list: unknown, most: number): number {
  return Array.isArray(list) ? Math.min(list.length, most) : 1;
}

function between(count: unknown, most: number): number {
  return typeof count === 'number' ? Math.max(1, Math.min(count, most)) : 1;
}
