import {
  everything,
  type HistoryRange,
  historyRanges,
  nothing,
  nothingOf,
  ofFirst,
  type ShownPairs,
  withinRange,
} from './shown-pairs.ts';

/** By name, as in `mae`, `ndcg3`, `recall10`; `tasks` and `queries` count what was measured. */
export type Metrics = Readonly<Record<string, number>>;

/** How good a model is on held-out tasks; nothing where there are none to measure on. */
export interface Measurement {
  readonly metrics: Metrics;
  /** On the same tasks, had the model been shown nothing of them: what adapting is worth. */
  readonly metricsUnadapted: Metrics;
}

/** The same on tasks of which a model was shown so many pairs. */
export interface HistoryMeasurement extends Measurement, HistoryRange {
  readonly tasks: number;
}

export interface MeasurementByHistory extends Measurement {
  readonly byHistory: readonly HistoryMeasurement[];
}

export const unmeasured: MeasurementByHistory = {
  metrics: {},
  metricsUnadapted: {},
  byHistory: historyRanges.map((range) => ({ ...range, tasks: 0, metrics: {}, metricsUnadapted: {} })),
};

/**
 * Measures in all, and by length of history: what is to be predicted is the same however much is shown, and the numbers
 * of pairs shown are the same for every model. `evaluate` measures once for each way of showing pairs. Of many tasks the
 * first `maxByHistory` are measured by history.
 */
export async function measureByHistory(
  evaluate: (ways: readonly ShownPairs[]) => Promise<readonly (Metrics & { readonly tasks: number })[]>,
  { seed, maxByHistory = Infinity }: { readonly seed: number; readonly maxByHistory?: number },
): Promise<MeasurementByHistory> {
  const shown = historyRanges.map((range) => ofFirst(maxByHistory, withinRange(range, seed)));
  const measured = await evaluate([everything, nothing, ...shown, ...shown.map(nothingOf)]);
  const metricsOf = (way: number): Metrics => {
    const metrics = measured[way];
    return metrics && metrics.tasks > 0 ? metrics : {};
  };
  return {
    metrics: metricsOf(0),
    metricsUnadapted: metricsOf(1),
    byHistory: historyRanges.map((range, index) => ({
      ...range,
      tasks: measured[2 + index]?.tasks ?? 0,
      metrics: metricsOf(2 + index),
      metricsUnadapted: metricsOf(2 + historyRanges.length + index),
    })),
  };
}
