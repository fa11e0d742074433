import { compareLists, type ListComparison, servesFromOfLists } from '../evaluation/compare-lists.ts';
import { type ListsByShown, type ShownCount, shownCounts } from '../evaluation/evaluate-lists.ts';
import type { ListMeasurement, StoredListMetrics } from '../registry/version-evaluation.ts';
import type { HeldOutMeasurement } from './prepared-training.ts';

/** A new version and what it is compared with, measured on the same held-out tasks. */
export interface MeasuredModels {
  readonly own: HeldOutMeasurement;
  readonly active: HeldOutMeasurement | undefined;
  readonly popularity: HeldOutMeasurement;
  readonly itemKnn: ListsByShown | undefined;
}

export interface SimpleComparison {
  /** The number of interactions from which the version makes lists, see `servesFromOfLists`. */
  readonly servesFrom?: number | undefined;
  /** The version's lists beside those of popularity and item-kNN. Empty if no lists were measured. */
  readonly listComparisons: readonly ListComparison[];
}

/** Compares a version with popularity and item-kNN by lists with as many interactions as it needs to serve. */
export function compareWithSimple({ own, popularity, itemKnn }: MeasuredModels): SimpleComparison {
  const { lists } = own;
  if (!lists || !popularity.lists) return { listComparisons: [] };
  const servesFrom = servesFromOfLists(lists, popularity.lists);
  const rivals = [
    { name: 'popularity', lists: popularity.lists },
    ...(itemKnn ? [{ name: 'item-kNN', lists: itemKnn }] : []),
  ];
  return { servesFrom, listComparisons: rivals.flatMap((rival) => compareLists(lists, rival, servesFrom ?? 1)) };
}

/** Returns the lists of all models in the form in which they are stored; `undefined` if none were measured. */
export function tableOfLists({ own, active, popularity, itemKnn }: MeasuredModels): ListMeasurement[] | undefined {
  const { lists } = own;
  if (!lists) return undefined;
  return shownCounts.flatMap((shown) => {
    const [evaluation, value] = [lists.get(shown), metricsOf(lists, shown)];
    const popular = metricsOf(popularity.lists, shown);
    if (!evaluation || !value || !popular) return [];
    return {
      shown: shown === 'all' ? null : shown,
      users: evaluation.users,
      value,
      active: metricsOf(active?.lists, shown),
      popularity: popular,
      itemKnn: metricsOf(itemKnn, shown),
    };
  });
}

function metricsOf(lists: ListsByShown | undefined, shown: ShownCount): StoredListMetrics | null {
  const evaluation = lists?.get(shown);
  if (!evaluation) return null;
  const { recall10, recall20, ndcg20, ndcg100, coverage10 } = evaluation;
  return { recall10, recall20, ndcg20, ndcg100, coverage10 };
}
