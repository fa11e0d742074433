/** Arguments of a field as they will be executed, variables and defaults filled in. */
export type FieldArguments = Readonly<Record<string, unknown>>;

/** In points, of which 1 is about an object read by its id, along with others of its kind. */
export interface FieldCost {
  /** What the field itself costs. */
  readonly base: number;
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
  'Query.nodes': { base: 1, times: ({ ids }) => length(ids, 100) },

  // Lists: the user's history is read, a model adapted, and thousands of candidates scored.
  'Query.recommendations': { base: 10, times: first },
  'Query.shelves': { base: 10, times: (args) => length(args.scenarios, 20) * first(args), each: 1 },
  'Query.similarItems': { base: 20, times: first },
  'Query.popularItems': { base: 5, times: first },

  // Explanations: a list, scored again for each interaction left out, or for each task.
  'Query.explainRecommendation': { base: 100 },
  'RecommendationExplanation.influences': { base: 200, times: first },
  'Query.whyNot': { base: 50 },
  'Query.routeComparison': { base: 50, times: ({ tasks }) => length(tasks, 20), each: 20 },
  'Query.contextMap': { base: 500, times: ({ sample }) => between(sample, 500), each: 2 },

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
  'Mutation.recordInteractions': batch('interactions', 500, 5),
  'Mutation.upsertUsers': batch('users', 500),
  'Mutation.upsertItems': batch('items', 500),
  'Mutation.upsertScenarios': batch('scenarios', 500),
  'Mutation.setItemAvailability': batch('items', 500),
  'Mutation.declareFeatureFields': batch('fields', 100),
  'Mutation.setScenarioItems': { base: 500 },
  'Mutation.deleteUser': { base: 50 },
  'Mutation.startTraining': { base: 1000 },
  'Mutation.scheduleRetrain': { base: 1000 },
  'Mutation.promoteModel': { base: 100 },
  'Mutation.rollbackModel': { base: 100 },
  'Mutation.createApiKey': { base: 50 },
  'Mutation.revokeApiKey': { base: 50 },
};

/** Of a page, which has at most 100. */
export function first({ first }: FieldArguments): number {
  return between(first, 100);
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
