import { type Random, shuffle } from '../tasks/random.ts';
import { type Interactions, type Task, userOf } from '../tasks/training-data.ts';

/** A held-out task in which users are recommended items: what is known of it, and what should be found. */
export interface RankingTask {
  /** Positive pairs that adapt a model to the task, in the order in which it may see them. */
  readonly support: Interactions;
  /** Rows of the items that are ranked for each user, ascending. */
  readonly candidates: Int32Array;
  readonly queries: readonly RankingQuery[];
}

export interface RankingQuery {
  /** Row of the user. */
  readonly user: number;
  /** Places, among the candidates, of those with which the user did interact; at least one. */
  readonly relevant: Int32Array;
}

export interface HideItemsOptions {
  /** How many items there are. */
  readonly items: number;
  /** Of each user's items this share is hidden, at least one, for the recommender to find. */
  readonly hiddenShare: number;
}

/**
 * Histories of users as ranking tasks: a random part of each is to be found among all items but those of the rest, which
 * may be shown in the order of the history. One at a time, since each names nearly all items.
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
    const candidates = Int32Array.from({ length: items }, (_, item) => item).filter(
      (item) => !known.has(item),
    );
    const user = userOf(history, 0);
    const support = history.items.filter((item) => known.has(item));
    yield {
      support: { users: new Int32Array(support.length).fill(user), items: support },
      candidates,
      queries: [{ user, relevant: order.slice(0, hidden).map((item) => candidates.indexOf(item)) }],
    };
  }
}
