import { hashPair } from '../tasks/hashing.ts';

/** Metrics by name, such as `mae`, `ndcg3` and `recall10`. `tasks` and `queries` count what was measured. */
export type Metrics = Readonly<Record<string, number>>;

/** The quality of a model on held-out tasks. The metrics are empty if there is no task to measure on. */
export interface Measurement {
  readonly metrics: Metrics;
  /** Metrics of the same tasks with empty support sets. The difference is what adaptation is worth. */
  readonly metricsUnadapted: Metrics;
}

/** A range of support set sizes. `to` is null if there is no maximum. */
export interface HistoryRange {
  readonly from: number;
  readonly to: number | null;
}

/** A measurement with support sets whose sizes are in the range. */
export interface HistoryMeasurement extends Measurement, HistoryRange {
  readonly tasks: number;
}

export interface MeasurementByHistory extends Measurement {
  readonly byHistory: readonly HistoryMeasurement[];
}

/** From new users to users with a long history. */
export const historyRanges: readonly HistoryRange[] = [
  { from: 0, to: 0 },
  { from: 1, to: 5 },
  { from: 6, to: 20 },
  { from: 21, to: null },
];

export const unmeasured: MeasurementByHistory = {
  metrics: {},
  metricsUnadapted: {},
  byHistory: historyRanges.map((range) => ({ ...range, tasks: 0, metrics: {}, metricsUnadapted: {} })),
};

/**
 * Measures a model with full support sets, with empty ones, and with each range of sizes. The query sets are the same
 * for all of them, and the sizes are the same for every model.
 *
 * `evaluate` returns one evaluation for each support size. Only the first `maxByHistory` tasks are measured by range.
 */
export async function measureByHistory(
  evaluate: (sizes: readonly SupportSize[]) => Promise<readonly (Metrics & { readonly tasks: number })[]>,
  { seed, maxByHistory = Infinity }: { readonly seed: number; readonly maxByHistory?: number },
): Promise<MeasurementByHistory> {
  const inRanges = historyRanges.map((range) => forFirst(maxByHistory, sizeInRange(range, seed)));
  const measured = await evaluate([fullSupport, emptySupport, ...inRanges, ...inRanges.map(emptyWhere)]);
  const metricsOf = (index: number): Metrics => {
    const metrics = measured[index];
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

/**
 * Returns how many of the `available` support pairs of a task the model is given, or `undefined` to leave the task out.
 * `task` is the index of the task among those that are measured.
 */
export type SupportSize = (available: number, task: number) => number | undefined;

export const fullSupport: SupportSize = (available) => available;
const emptySupport: SupportSize = () => 0;

/**
 * A uniformly random size in the range, at most the available pairs. It depends on the seed and the task alone, so it
 * is the same for every model. Leaves out tasks with fewer pairs than the range begins with.
 */
export function sizeInRange({ from, to }: HistoryRange, seed: number): SupportSize {
  return (available, task) => {
    const max = Math.min(to ?? Infinity, available);
    return max < from ? undefined : from + (hashPair(task, from, seed) % (max - from + 1));
  };
}

/** Empty support sets for the tasks that `size` does not leave out. */
export function emptyWhere(size: SupportSize): SupportSize {
  return (available, task) => (size(available, task) === undefined ? undefined : 0);
}

/** Leaves out all tasks but the first `count`. */
export function forFirst(count: number, size: SupportSize): SupportSize {
  return (available, task) => (task < count ? size(available, task) : undefined);
}

/** Returns a function that calls `compute` once for each number. Several support sizes often give the same number. */
export function onceEach<T>(compute: (value: number) => Promise<T>): (value: number) => Promise<T> {
  const computed = new Map<number, Promise<T>>();
  return (value) => {
    const result = computed.get(value) ?? compute(value);
    computed.set(value, result);
    return result;
  };
}
