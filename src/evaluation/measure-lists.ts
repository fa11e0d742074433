import type { ScoringModel } from '../models/recommender.ts';
import {
  type ListData,
  type ListEvaluationOptions,
  rankLists,
  type ShownCount,
  shownCounts,
} from './evaluate-lists.ts';
import type { ListTask } from './list-tasks.ts';
import { type HistoryRange, historyRanges, type MeasurementByHistory, type Metrics } from './measure-by-history.ts';

/** The metrics of a user's list that are compared between models. */
export const comparedListMetrics = ['recall20', 'ndcg20'] as const;
export type ComparedListMetric = (typeof comparedListMetrics)[number];

/** The metrics of each user's list, in the order of the users. */
export type ListsOfUsers = Readonly<Record<'recall10' | ComparedListMetric, readonly number[]>>;

/** The lists of the same users, by the number of interactions that the model was shown. */
export type MeasuredLists = ReadonlyMap<ShownCount, ListsOfUsers>;

/** Measures the list of each user like `evaluateLists`, and throws like it. Every number shown has all users. */
export async function measureLists(
  recommender: ScoringModel,
  data: Pick<ListData, 'schema' | 'users' | 'items'>,
  tasks: readonly ListTask[],
  options: Omit<ListEvaluationOptions, 'shown'>,
): Promise<MeasuredLists> {
  const measured = new Map(
    shownCounts.map((shown) => [shown, { recall10: [] as number[], recall20: [] as number[], ndcg20: [] as number[] }]),
  );
  for await (const { task, shown, list } of rankLists(recommender, data, tasks, options)) {
    const recall10 = list.recall(task.relevant, 10);
    const recall20 = list.recall(task.relevant, 20);
    const ndcg20 = list.normalizedGain(task.relevant, 20);
    for (const count of shown) {
      const users = measured.get(count);
      users?.recall10.push(recall10);
      users?.recall20.push(recall20);
      users?.ndcg20.push(ndcg20);
    }
  }
  return measured;
}

/** The numbers shown whose lists stand for each range of history. */
const shownInRange = (range: HistoryRange): readonly ShownCount[] =>
  shownCounts.filter((shown) => {
    const size = shown === 'all' ? Infinity : shown;
    return size >= range.from && size <= (range.to ?? Infinity);
  });

/**
 * Returns the lists as a measurement by history. The metrics are means over users and over the numbers shown: all of
 * them, or those in the range. Unadapted are the lists with nothing shown.
 */
export function historyOfLists(lists: MeasuredLists): MeasurementByHistory {
  const metricsUnadapted = meansOf(lists, [0]);
  return {
    metrics: meansOf(lists, shownCounts),
    metricsUnadapted,
    byHistory: historyRanges.map((range) => ({
      ...range,
      tasks: lists.get(0)?.recall20.length ?? 0,
      metrics: meansOf(lists, shownInRange(range)),
      metricsUnadapted,
    })),
  };
}

function meansOf(lists: MeasuredLists, shown: readonly ShownCount[]): Metrics {
  const users = lists.get(0)?.recall20.length ?? 0;
  if (users === 0) return {};
  const metric = (name: keyof ListsOfUsers) =>
    meanOf(shown.map((count) => meanOf((lists.get(count) as ListsOfUsers)[name])));
  return { recall10: metric('recall10'), recall20: metric('recall20'), ndcg20: metric('ndcg20'), tasks: users };
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
