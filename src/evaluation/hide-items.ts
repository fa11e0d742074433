import { type Random, shuffle } from '../tasks/random.ts';
import { type Task, userOf } from '../tasks/training-data.ts';
import type { RankingTask } from './ranking-task.ts';

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
