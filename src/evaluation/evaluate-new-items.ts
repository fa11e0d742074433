import type { ScoringModel } from '../models/recommender.ts';
import { hashText } from '../tasks/hashing.ts';
import type { Task } from '../tasks/training-data.ts';
import {
  evaluateLists,
  type ListData,
  type ListEvaluation,
  type ListEvaluationOptions,
  rankLists,
} from './evaluate-lists.ts';
import { hideMarked, type ListTask } from './list-tasks.ts';

/** Never change this seed: with another one, other items would be new. */
const seed = 0x17e5;

/** Returns marks by item row: 1 for a `share` of the items, chosen by their IDs alone. */
export function drawNewItems(ids: readonly string[], share: number): Uint8Array {
  return Uint8Array.from(ids, (id) => (hashText(id, seed) < share * 2 ** 32 ? 1 : 0));
}

/**
 * Measures lists of only new items. All of a user's new items are hidden, and all other interactions are shown. Returns
 * `undefined` if no user likes a new item.
 */
export async function evaluateNewItems(
  recommender: ScoringModel,
  data: ListData,
  histories: readonly Task[],
  isNew: Uint8Array,
  options: Omit<ListEvaluationOptions, 'shown' | 'candidates'>,
): Promise<ListEvaluation | undefined> {
  const tasks = hideMarked(histories, isNew, options.positiveFrom);
  const measured = await evaluateLists(recommender, data, tasks, { ...options, shown: ['all'], candidates: isNew });
  return measured.get('all');
}

/** Ranges of the number of an item's interactions in training, by name. */
const countRanges = { '0': [0, 0], '1-5': [1, 5], '6-20': [6, 20], more: [21, Infinity] } as const;
export type CountRange = keyof typeof countRanges;

/**
 * Returns Recall@20 of the hidden items whose number of interactions in training is in each range. All items are ranked,
 * with all interactions shown. It is the mean over the users who like a hidden item of the range, and a range without
 * such users is absent. `counts` has the interactions of each item.
 */
export async function recallByCount(
  recommender: ScoringModel,
  data: Pick<ListData, 'schema' | 'users' | 'items'>,
  tasks: readonly ListTask[],
  counts: ArrayLike<number>,
  options: Omit<ListEvaluationOptions, 'shown'>,
): Promise<Readonly<Partial<Record<CountRange, number>>>> {
  const ranges = Object.entries(countRanges).map(([name, [from, to]]) => {
    const has = (item: number) => (counts[item] as number) >= from && (counts[item] as number) <= to;
    return { name, has, users: 0, recall: 0 };
  });
  for await (const { task, list } of rankLists(recommender, data, tasks, { ...options, shown: ['all'] })) {
    for (const range of ranges) {
      const relevant = task.relevant.filter(range.has);
      if (relevant.length === 0) continue;
      range.users += 1;
      range.recall += list.recall(relevant, 20);
    }
  }
  return Object.fromEntries(
    ranges.filter(({ users }) => users > 0).map(({ name, users, recall }) => [name, recall / users]),
  );
}
