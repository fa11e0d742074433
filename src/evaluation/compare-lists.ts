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
 * Returns the number of interactions from which a model makes lists: the smallest of 0, 1, 3, 5, 10 and 20 with which
 * its Recall@20 is not below that of popularity, and whose mean over this and all larger numbers shown is not below
 * either. With 0 it must be above: a model that reads no features has the lists of popularity there. All values are
 * means over the same users. It is 21 if there is none, and `undefined` with fewer than 20 users, which say too little.
 */
export function servesFromOfLists(model: ListsByShown, popularity: ListsByShown): number | undefined {
  if (usersOf(model) < fewestUsers) return undefined;
  const canServe = (from: number) => {
    const [at, ...larger] = compareFrom(model, popularity, { from, metric: 'recall20' });
    if (!at || at.value < at.rivalValue || (from === 0 && at.value === at.rivalValue)) return false;
    const { value, rivalValue } = meansOf([at, ...larger]);
    return value >= rivalValue;
  };
  return servingCounts.find(canServe) ?? moreThanShown;
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
  return comparedListMetrics.map((metric) => {
    const byShown = compareFrom(model, lists, { from, metric });
    return { rival: name, metric, users: usersOf(model), ...meansOf(byShown), byShown };
  });
}

/** Returns whether the model's mean is below the rival's, for at least 20 users. */
export function isWorse({ users, value, rivalValue }: ListComparison): boolean {
  return users >= fewestUsers && value < rivalValue;
}

/** Compares lists with each number of interactions shown, from `from` on. */
function compareFrom(
  model: ListsByShown,
  rival: ListsByShown,
  { from, metric }: { readonly from: number; readonly metric: ComparedListMetric },
): ComparedShown[] {
  return shownCounts
    .filter((shown) => shown === 'all' || shown >= from)
    .map((shown) => ({
      shown,
      value: meanWith(model, shown, metric),
      rivalValue: meanWith(rival, shown, metric),
    }));
}

/** Returns the means over the numbers shown. */
function meansOf(byShown: readonly ComparedShown[]): Pick<ListComparison, 'value' | 'rivalValue'> {
  return {
    value: meanOf(byShown.map(({ value }) => value)),
    rivalValue: meanOf(byShown.map(({ rivalValue }) => rivalValue)),
  };
}

function usersOf(lists: ListsByShown): number {
  return lists.get('all')?.users ?? 0;
}

/** Returns a mean over users. It is not a number if nothing was measured. */
function meanWith(lists: ListsByShown, shown: ShownCount, metric: ComparedListMetric): number {
  return lists.get(shown)?.[metric] ?? NaN;
}
