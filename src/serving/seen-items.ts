import { interactionTypeProblem } from '../catalog/interaction-value.ts';
import { WarmstartError } from '../common/errors.ts';
import { type InteractionTypes, maxInteractionTypes } from '../features/interaction-types.ts';
import type { ListChoice } from './list-conditions.ts';
import { type Recipient, seenRows } from './recipient.ts';
import type { ServedModels } from './served-models.ts';

/** The names of the types of the recipient's interactions that hide an item from a list. */
export type SeenBy = readonly string[];

/** What decides which items are seen by default: a model that predicts ratings, or anything else that makes a list. */
export type ListObjective = 'ratings' | 'ranking';

/**
 * Returns the default, by objective. A list that is ordered by how much somebody will like an item, once rated, leaves
 * out what has been rated, bought or disliked. Every other list suggests what is new to its reader: without this, whoever
 * viewed or clicked all items of a list would get the same list again.
 */
export function defaultSeenBy(types: InteractionTypes, objective: ListObjective): SeenBy {
  const counting = types.all.filter(({ countsAsSeen }) => countsAsSeen);
  const decided =
    objective === 'ranking'
      ? counting
      : counting.filter(({ name, polarity }) => polarity === 'NEGATIVE' || name === 'RATE' || name === 'PURCHASE');
  return decided.map(({ name }) => name);
}

/** Maximum number of types in a request. */
export const maxSeenBy = maxInteractionTypes;

/** What the platform says about which items are seen. */
export interface SeenSettings {
  readonly types: InteractionTypes;
  /** The choice of the operator; see `defaultSeenBy` without one. */
  readonly byDefault: SeenBy | undefined;
}

/**
 * Returns the types that hide an item: those of the request, or of the platform, or of the list's objective. Throws
 * BAD_USER_INPUT for a type of the request that is not declared.
 */
export function seenBy(
  { types, byDefault }: SeenSettings,
  { includeSeen = false, seenBy: chosen }: ListChoice,
  objective: ListObjective,
): SeenBy {
  if (includeSeen) return [];
  for (const type of chosen ?? []) {
    const problem = interactionTypeProblem(types, type);
    if (problem) throw new WarmstartError('BAD_USER_INPUT', `seenBy: ${problem}`, { field: ['seenBy'] });
  }
  const names = new Set(chosen ?? byDefault ?? defaultSeenBy(types, objective));
  // In a fixed order, so that equal choices are equal.
  return types.names.filter((name) => names.has(name));
}

/** Returns what the lists of a model version are for; `null` stands for popular items. */
export async function objectiveOf(models: ServedModels, versionId: number | null): Promise<ListObjective> {
  if (versionId === null) return 'ranking';
  return models.use(versionId, async ({ recommender }) => (recommender.predictsLabels ? 'ratings' : 'ranking'));
}

/** Returns the rows of the items that the recipient has seen. */
export function seenItems(recipient: Recipient, declared: InteractionTypes, types: SeenBy): ReadonlySet<number> {
  const seen = types.flatMap((name) => declared.indexOf(name) ?? []);
  return new Set(seen.length === 0 ? [] : seenRows(recipient, new Set(seen)));
}
