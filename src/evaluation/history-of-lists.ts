import { type ListsByShown, type ShownCount, shownCounts } from './evaluate-lists.ts';
import { type HistoryRange, historyRanges, type MeasurementByHistory, type Metrics } from './measure-by-history.ts';

/** The numbers shown whose lists stand for each range of history. */
const shownInRange = (range: HistoryRange): readonly ShownCount[] =>
  shownCounts.filter((shown) => {
    const size = shown === 'all' ? Infinity : shown;
    return size >= range.from && size <= (range.to ?? Infinity);
  });

/**
 * Returns lists with all of `shownCounts` as a measurement by history. The metrics are means over users and over the
 * numbers shown: all of them, or those in the range. Unadapted are the lists with nothing shown.
 */
export function historyOfLists(lists: ListsByShown): MeasurementByHistory {
  const metricsUnadapted = meansOf(lists, [0]);
  return {
    metrics: meansOf(lists, shownCounts),
    metricsUnadapted,
    byHistory: historyRanges.map((range) => ({
      ...range,
      tasks: lists.get(0)?.users ?? 0,
      metrics: meansOf(lists, shownInRange(range)),
      metricsUnadapted,
    })),
  };
}

function meansOf(lists: ListsByShown, counts: readonly ShownCount[]): Metrics {
  const shown = counts.flatMap((count) => lists.get(count) ?? []);
  const [first] = shown;
  if (!first) return {};
  const metric = (name: 'recall10' | 'recall20' | 'ndcg20') => meanOf(shown.map((own) => own[name]));
  return { recall10: metric('recall10'), recall20: metric('recall20'), ndcg20: metric('ndcg20'), tasks: first.users };
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
