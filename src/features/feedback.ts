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
