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

/** Interactions of one user or scenario with items, in parallel arrays. */
export interface Feedback {
  /** The type of each interaction, see `typeIndex`. */
  readonly types: Uint8Array;
  /** The rating of each interaction of type RATE, 0 for the others. */
  readonly values: Float32Array;
}

/**
 * Returns 1 for each positive interaction and 0 for each other one, as labels of models that rank.
 */
export function positiveLabels({ types, values }: Feedback, positiveFrom: number): Float32Array {
  return Float32Array.from(types, (type, at) => (isPositive(type, values[at] as number, positiveFrom) ? 1 : 0));
}
