/**
 * The types of interactions. A type's index in this list is how arrays of interactions store it, so the order must
 * stay.
 */
export const feedbackTypes = ['RATE', 'VIEW', 'CLICK', 'PURCHASE'] as const;
export type FeedbackType = (typeof feedbackTypes)[number];

/** Returns the number that stands for a type in arrays of interactions. */
export function typeIndex(type: FeedbackType): number {
  return feedbackTypes.indexOf(type);
}

const rate = typeIndex('RATE');

/**
 * Returns whether an interaction says that the user likes the item: a rating of at least `positiveFrom`, or any
 * interaction of another type.
 */
export function isPositive(type: number, value: number, positiveFrom: number): boolean {
  return type !== rate || value >= positiveFrom;
}

/**
 * Returns the items that a history says the user likes: those whose latest pair is positive, each with that pair. A
 * user who views an item and then rates it low does not like it. Pairs are in the order in which they happened.
 */
export function likedItems(items: ArrayLike<number>, isPositivePair: (pair: number) => boolean): Map<number, number> {
  const liked = new Map<number, number>();
  for (let pair = 0; pair < items.length; pair++) {
    const item = items[pair] as number;
    liked.delete(item);
    if (isPositivePair(pair)) liked.set(item, pair);
  }
  return liked;
}
