import type { EncodedFeatures } from '../features/encode-features.ts';
import type { FeatureSchema } from '../features/feature-schema.ts';

/** A task is the history of one user or of one scenario. */
export const taskKinds = ['USER', 'SCENARIO'] as const;
export type TaskKind = (typeof taskKinds)[number];

/**
 * The interactions in a history: `ratings` with their values as labels, positive ones of `any` type with label 1, or
 * `typed`: every type, with the rating as the label (0 without one) and the `types` of the interactions.
 */
export type FeedbackKind = 'ratings' | 'any' | 'typed';

/** A meta-learning task: pairs of a user and an item, each with a label. */
export interface Task {
  /** The row of each pair's user, or a single row in the task of a user. */
  readonly users: Int32Array;
  /** The row of each pair's item. Pairs are ordered by time in the task of a user, and by user in a scenario. */
  readonly items: Int32Array;
  /** A rating, or 1 for an interaction without a rating; with `types`, 0 for an interaction without a rating. */
  readonly labels: Float32Array;
  /** The type of each interaction, see `typeIndex`. An item can occur once for each type. */
  readonly types?: Uint8Array;
  /** What each interaction says about the user's opinion of the item, see `opinionOf`. Default: see `opinionsOf`. */
  readonly opinions?: Float32Array;
  /** The value of each interaction that is no rating, such as the share that was played; `NaN` without one. */
  readonly amounts?: Float32Array;
  /** When each interaction happened, in milliseconds since 1970. Given if all are known. */
  readonly times?: Float64Array;
  /** The rows of the task's items, from which negatives are drawn. If absent, they are drawn from all items. */
  readonly candidates?: Int32Array;
  /**
   * 1 for pairs that are only for query sets, 0 for pairs that are only for support sets. If absent, any is for both.
   */
  readonly heldOut?: Uint8Array;
}

/** Pairs of rows of users and items, in parallel arrays. */
export interface Pairs {
  readonly users: Int32Array;
  readonly items: Int32Array;
}

/** The pairs of a user and an item that the user interacted with. */
export interface Interactions extends Pairs {
  /**
   * Marks, by row: 1 for each marked user and each marked item. Whether a marked user interacted with a marked item is
   * unknown. All other pairs that are not in the arrays are no interactions.
   */
  readonly unknown?: { readonly users: Uint8Array; readonly items: Uint8Array };
}

/** The input of training: encoded users and items, and the tasks to learn from. */
export interface TrainingData {
  readonly taskKind: TaskKind;
  readonly schema: FeatureSchema;
  readonly users: EncodedFeatures;
  readonly items: EncodedFeatures;
  readonly tasks: readonly Task[];
  /** The names of the types of interactions, by the number that stands for them. Default: the default types. */
  readonly typeNames?: readonly string[];
  /** The rating from which an item counts as liked. Default: see `defaultPositiveFrom`. */
  readonly positiveFrom?: number;
  /** All interactions that training may use, whether they are in tasks or not. Default: those of the tasks. */
  readonly interactions?: Interactions;
  /** Pairs that are neither positives nor negatives, such as items that a user rated low. */
  readonly ignored?: Pairs;
}

/** Returns the row of the user of a task's pair. */
export function userOf({ users }: Task, pair: number): number {
  return users[users.length === 1 ? 0 : pair] as number;
}

/** Returns the interactions that training may use. A pair is listed once for each time it occurs. */
export function interactionsOf({ tasks, interactions }: Pick<TrainingData, 'tasks' | 'interactions'>): Interactions {
  if (interactions) return interactions;
  const count = tasks.reduce((sum, { items }) => sum + items.length, 0);
  const all = { users: new Int32Array(count), items: new Int32Array(count) };
  let start = 0;
  for (const { users, items } of tasks) {
    const end = start + items.length;
    if (users.length === 1) all.users.fill(users[0] as number, start, end);
    else all.users.set(users, start);
    all.items.set(items, start);
    start = end;
  }
  return all;
}
