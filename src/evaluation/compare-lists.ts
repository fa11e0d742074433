import { type ListsByShown, type ShownCount, shownCounts } from './evaluate-lists.ts';
import { meanOf } from './history-of-lists.ts';

/** The metrics of lists that are compared between models. */
export const comparedListMetrics = ['recall20', 'ndcg20'] as const;
export type ComparedListMetric = (typeof comparedListMetrics)[number];

/** With fewer held-out users, chance decides which model has the better lists. */
export const fewestUsers = 20;

/** The first numbers shown from which a version can serve, and one more than the last of them. */
const servingCounts = [0, 1, 3, 5, 10, 20] as const;
const moreThanShown = 21;

/**
 * Returns the number of interactions from which a model makes lists: the smallest of 0, 1, 3, 5, 10 and 20 with which,
 * and with every larger number shown, its Recall@20 is not below that of popularity. Both are means over the same
 * users. It is 21 if there is none, and `undefined` with fewer than 20 users, which say too little.
 */
export function servesFromOfLists(model: ListsByShown, popularity: ListsByShown): number | undefined {
  if (usersOf(model) < fewestUsers) return undefined;
  const isBelow = (shown: ShownCount) => meanWith(model, shown, 'recall20') < meanWith(popularity, shown, 'recall20');
  return servingCounts[shownCounts.findLastIndex(isBelow) + 1] ?? moreThanShown;
}

/** The means of a model and of a rival over the same users, with one number of interactions shown. */
export interface ComparedShown {
  readonly shown: ShownCount;
  readonly value: number;
  readonly rivalValue: number;
}

/** A model's lists beside those of a rival, for the same users. */
export interface ListComparison {
  /** How a reason names the rival. */
  readonly rival: string;
  readonly metric: ComparedListMetric;
  readonly users: number;
  /** Means over users and over the numbers shown. */
  readonly value: number;
  readonly rivalValue: number;
  /** In ascending order. */
  readonly byShown: readonly ComparedShown[];
}

/**
 * Compares lists with at least `from` interactions shown. Returns a comparison for each metric. Lists with fewer
 * interactions do not count, because the model does not make them.
 */
export function compareLists(
  model: ListsByShown,
  { name, lists }: { readonly name: string; readonly lists: ListsByShown },
  from: number,
): ListComparison[] {
  const counts = shownCounts.filter((shown) => shown === 'all' || shown >= from);
  return comparedListMetrics.map((metric) => {
    const byShown = counts.map((shown) => ({
      shown,
      value: meanWith(model, shown, metric),
      rivalValue: meanWith(lists, shown, metric),
    }));
    return {
      rival: name,
      metric,
      users: usersOf(model),
      value: meanOf(byShown.map(({ value }) => value)),
      rivalValue: meanOf(byShown.map(({ rivalValue }) => rivalValue)),
      byShown,
    };
  });
}

/** Returns whether the model's mean is below the rival's, for at least 20 users. */
export function isWorse({ users, value, rivalValue }: ListComparison): boolean {
  return users >= fewestUsers && value < rivalValue;
}

function usersOf(lists: ListsByShown): number {
  return lists.get('all')?.users ?? 0;
}

/** Returns a mean over users. It is not a number if nothing was measured. */
function meanWith(lists: ListsByShown, shown: ShownCount, metric: ComparedListMetric): number {
  return lists.get(shown)?.[metric] ?? NaN;
}
