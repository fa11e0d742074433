import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue, type Registry } from 'prom-client';

/** The metrics of one process at one moment, in a form that can be sent to another process. */
export type MetricsSnapshot = readonly MetricObjectWithValues<MetricValue<string>>[];

/**
 * Adds up the metrics of several processes: counters and histograms by their sums, each gauge in the way that the gauge
 * names, such as the largest value.
 */
export function addUp(snapshots: readonly MetricsSnapshot[]): Registry {
  return AggregatorRegistry.aggregate([...snapshots]);
}

/** Returns what a process has counted, without its present state, such as the memory that it uses. */
export function countsOf(snapshot: MetricsSnapshot): MetricsSnapshot {
  return snapshot.filter(({ type }) => counting.includes(String(type)));
}

const counting = ['counter', 'histogram'];
