import { type Random, shuffle } from '../tasks/random.ts';
import { type Interactions, type Task, userOf } from '../tasks/training-data.ts';

/** A held-out task with items to rank for users: its known pairs, its candidates, and the items to find. */
export interface RankingTask {
  /** Positive pairs that the model adapts to. A smaller support set has the first of them. */
  readonly support: Interactions;
  /** The rows of the items to rank for each user, ascending. */
  readonly candidates: Int32Array;
  readonly queries: readonly RankingQuery[];
}

export interface RankingQuery {
  /** The row of the user. */
  readonly user: number;
  /** Indices into the candidates of the items that the user interacted with. At least one. */
  readonly relevant: Int32Array;
}

export interface HideItemsOptions {
  /** The number of items. */
  readonly items: number;
  /** The share of each user's items to hide, at least one item. */
  readonly hiddenShare: number;
}

/**
 * Yields a ranking task for the history of each user. A random part of the history is hidden: it is what to find. The
 * rest is the support set, in the order of the history. The candidates are all items but those of the support set.
 *
 * It is a generator because each task lists nearly all items.
 */
export function* hideItems(
  histories: readonly Task[],
  { items, hiddenShare }: HideItemsOptions,
  random: Random,
): Generator<RankingTask> {
  for (const history of histories) {
    const order = Int32Array.from(history.items);
    shuffle(order, random);
    const hidden = Math.max(Math.round(order.length * hiddenShare), 1);
    const known = new Set(order.subarray(hidden));
    const candidates = Int32Array.from({ length: items }, (_, item) => item).filter((item) => !known.has(item));
    const user = userOf(history, 0);
    const support = history.items.filter((item) => known.has(item));
    yield {
      support: { users: new Int32Array(support.length).fill(user), items: support },
      candidates,
      queries: [{ user, relevant: order.slice(0, hidden).map((item) => candidates.indexOf(item)) }],
    };
  }
}
