import { type ShownCount, shownCounts } from './evaluate-lists.ts';
import { type ComparedListMetric, comparedListMetrics, type MeasuredLists, meanOf } from './measure-lists.ts';

/** With fewer held-out users, chance decides which model has the better lists. */
export const fewestUsers = 20;

/** The first numbers shown from which a version can serve, and one more than the last of them. */
const servingCounts = [0, 1, 3, 5, 10, 20] as const;
const moreThanShown = 21;
/** In standard errors: the bounds of a 95 % interval. */
const significant = 1.96;

/**
 * Returns the number of interactions from which a model makes lists: the smallest of 0, 1, 3, 5, 10 and 20 with which,
 * and with every larger number shown, its Recall@20 is not below that of popularity by more than chance explains: the
 * mean difference of the users is at least −1.96 standard errors. It is 21 if there is none, and `undefined` with fewer
 * than 20 users, which say too little.
 */
export function servesFromOfLists(model: MeasuredLists, popularity: MeasuredLists): number | undefined {
  if (usersOf(model) < fewestUsers) return undefined;
  const isBelow = (shown: ShownCount) => {
    const differences = differencesOf(model, popularity, 'recall20', [shown]);
    return meanOf(differences) < -significant * standardError(differences);
  };
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
  /** The standard error of the mean of the users' differences. */
  readonly standardError: number;
  /** In ascending order. */
  readonly byShown: readonly ComparedShown[];
}

/**
 * Compares lists with at least `from` interactions shown, user by user. Returns a comparison for each metric. Lists with
 * fewer interactions do not count, because the model does not make them.
 */
export function compareLists(
  model: MeasuredLists,
  { name, lists }: { readonly name: string; readonly lists: MeasuredLists },
  from: number,
): ListComparison[] {
  const counts = shownCounts.filter((shown) => shown === 'all' || shown >= from);
  return comparedListMetrics.map((metric) => {
    const byShown = counts.map((shown) => ({
      shown,
      value: meanWith(model, shown, metric),
      rivalValue: meanWith(lists, shown, metric),
    }));
    const differences = differencesOf(model, lists, metric, counts);
    return {
      rival: name,
      metric,
      users: differences.length,
      value: meanOf(byShown.map(({ value }) => value)),
      rivalValue: meanOf(byShown.map(({ rivalValue }) => rivalValue)),
      standardError: standardError(differences),
      byShown,
    };
  });
}

/**
 * Returns whether the model is worse than the rival by more than the margin, a share of the rival's value, and by more
 * than chance explains: the mean difference of the users is below −1.96 standard errors. With fewer than 20 users,
 * chance can explain everything.
 */
export function isWorse({ users, value, rivalValue, standardError: error }: ListComparison, margin: number): boolean {
  const difference = value - rivalValue;
  return users >= fewestUsers && difference < -margin * rivalValue && difference < -significant * error;
}

function usersOf(lists: MeasuredLists): number {
  return lists.get('all')?.recall20.length ?? 0;
}

/** Returns each user's mean difference between a model and a rival, over the given numbers shown. */
function differencesOf(
  model: MeasuredLists,
  rival: MeasuredLists,
  metric: ComparedListMetric,
  counts: readonly ShownCount[],
): number[] {
  return Array.from({ length: usersOf(model) }, (_, user) =>
    meanOf(counts.map((shown) => userValue(model, shown, metric, user) - userValue(rival, shown, metric, user))),
  );
}

function meanWith(lists: MeasuredLists, shown: ShownCount, metric: ComparedListMetric): number {
  return meanOf(lists.get(shown)?.[metric] ?? []);
}

function userValue(lists: MeasuredLists, shown: ShownCount, metric: ComparedListMetric, user: number): number {
  return lists.get(shown)?.[metric][user] as number;
}

/** Returns the sample deviation divided by the square root of the number of values. It is infinite for one value. */
function standardError(values: readonly number[]): number {
  if (values.length < 2) return Infinity;
  const mean = meanOf(values);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return Math.sqrt(variance / values.length);
}
