import { type ListEvaluation, type ListsByShown, shownCounts } from '../../src/evaluation/evaluate-lists.ts';

const nothing = { recall10: 0, recall20: 0, ndcg20: 0, ndcg100: 0, coverage10: 0, popularity10: 0, mostListed10: 0 };

/** Returns lists with 0, 1, 3, 5, 10, 20 and all interactions shown, which have these measures and else 0. */
export function listsByShown(users: number, measures: readonly Partial<ListEvaluation>[]): ListsByShown {
  return new Map(shownCounts.map((shown, index) => [shown, { ...nothing, users, ...measures[index] }]));
}

/** Returns lists with these Recall@20. */
export function listsOfRecall(users: number, recalls: readonly number[]): ListsByShown {
  return listsByShown(
    users,
    recalls.map((recall20) => ({ recall20 })),
  );
}
