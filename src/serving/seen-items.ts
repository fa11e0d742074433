import { type FeedbackType, feedbackTypes, typeIndex } from '../features/feedback.ts';
import type { ListChoice } from './list-conditions.ts';
import { type Recipient, seenRows } from './recipient.ts';
import type { ServedModels } from './served-models.ts';

/** The types of the recipient's interactions that hide an item from a list. */
export type SeenBy = readonly FeedbackType[];

/** What decides which items are seen by default: a model that predicts ratings, or anything else that makes a list. */
export type ListObjective = 'ratings' | 'ranking';

/**
 * The default, by objective. A list that is ordered by how much somebody will like an item, once rated, leaves out what
 * has been rated or bought. Every other list suggests what is new to its reader: without this, whoever viewed or
 * clicked all items of a list would get the same list again.
 */
export const defaultSeenBy: Readonly<Record<ListObjective, SeenBy>> = {
  ratings: ['RATE', 'PURCHASE'],
  ranking: feedbackTypes,
};

/** Maximum number of types in a request. */
export const maxSeenBy = feedbackTypes.length;

/** Returns the types that hide an item: those of the request, or of the platform, or of the list's objective. */
export function seenBy(
  byDefault: SeenBy | undefined,
  { includeSeen = false, seenBy: chosen }: ListChoice,
  objective: ListObjective,
): SeenBy {
  if (includeSeen) return [];
  return inOrder(chosen ?? byDefault ?? defaultSeenBy[objective]);
}

/** Returns each type once, in a fixed order, so that equal choices are equal. */
function inOrder(types: SeenBy): SeenBy {
  return feedbackTypes.filter((type) => types.includes(type));
}

/** Returns what the lists of a model version are for; `null` stands for popular items. */
export async function objectiveOf(models: ServedModels, versionId: number | null): Promise<ListObjective> {
  if (versionId === null) return 'ranking';
  return models.use(versionId, async ({ recommender }) => (recommender.predictsLabels ? 'ratings' : 'ranking'));
}

/** Returns the rows of the items that the recipient has seen. */
export function seenItems(recipient: Recipient, types: SeenBy): ReadonlySet<number> {
  return new Set(types.length === 0 ? [] : seenRows(recipient, new Set(types.map(typeIndex))));
}
