import type { EncodedFeatures } from '../features/encode-features.ts';
import type { FeatureSchema } from '../features/feature-schema.ts';

/** Whether a task is the history of one user or of one scenario. */
export const taskKinds = ['USER', 'SCENARIO'] as const;
export type TaskKind = (typeof taskKinds)[number];

/** Which interactions make up a history: `ratings` with their values as labels, or `any` type with label 1. */
export type Feedback = 'ratings' | 'any';

/** A meta-learning task, one user's history or one scenario's: pairs of a user and an item, each with its label. */
export interface Task {
  /** Row of each pair's user; in a user's task the one row. */
  readonly users: Int32Array;
  /** Row of each pair’s item: of a user in the order in which the interactions happened, of a scenario by user. */
  readonly items: Int32Array;
  /** A rating, or 1 where all that is known of a pair is that it happened. */
  readonly labels: Float32Array;
  /** Rows of the items that belong to the task, from which negatives are drawn; all items where it is absent. */
  readonly candidates?: Int32Array;
  /** 1 for each pair that may only be predicted, 0 for those that may only be shown; any may be either where it is absent. */
  readonly heldOut?: Uint8Array;
}

/** Pairs of rows of users and items, in parallel arrays. */
export interface Interactions {
  readonly users: Int32Array;
  readonly items: Int32Array;
  /**
   * 1 for each user and each item, by row, of whose pairs with one another nothing may be known: a marked user may have
   * interacted with a marked item. Whoever else is not in the arrays has not.
   */
  readonly unknown?: { readonly users: Uint8Array; readonly items: Uint8Array };
}

/** Everything a training reads: encoded users and items, and the tasks to learn from. */
export interface TrainingData {
  readonly taskKind: TaskKind;
  readonly schema: FeatureSchema;
  readonly users: EncodedFeatures;
  readonly items: EncodedFeatures;
  readonly tasks: readonly Task[];
  /** All interactions that the training may know, in tasks or not; those of the tasks where it is absent. */
  readonly interactions?: Interactions;
}

/** The user of a task's pair. */
export function userOf({ users }: Task, pair: number): number {
  return users[users.length === 1 ? 0 : pair] as number;
}

/** The interactions that a training may know, a pair once for each time it occurs. */
export function interactionsOf({
  tasks,
  interactions,
}: Pick<TrainingData, 'tasks' | 'interactions'>): Interactions {
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
