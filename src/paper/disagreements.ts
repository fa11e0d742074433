import { isHigherBetter, type MetricName, metricTitle } from '../evaluation/metrics.ts';
import type { Estimate } from '../model-benchmark/measure-model.ts';
import type { MeasuredRow, MeasuredTable } from './measured-tables.ts';

/** A metric of a row that was measured and that the paper reports. */
interface Compared {
  readonly metric: MetricName;
  readonly measured: Estimate;
  readonly reported: Estimate;
}

/**
 * Returns a sentence for each row with numbers outside of the paper's intervals, and for rows that the paper puts in
 * another order. Numbers with overlapping intervals have no order. A single seed has no interval, so
 * then only orders are compared.
 */
export function disagreements(measured: MeasuredTable): string[] {
  const { rows } = measured;
  const differing = rows.flatMap((row) => describeDifferences(row, compared(measured, row)));
  return [...differing, ...describeOrders(measured)];
}

function compared({ table }: MeasuredTable, { measured, reported }: MeasuredRow): Compared[] {
  return table.metrics.flatMap((metric, index) => {
    const [ours, theirs] = [measured[index], reported[index]];
    return ours && theirs ? [{ metric, measured: ours, reported: theirs }] : [];
  });
}

function describeDifferences({ name }: MeasuredRow, all: readonly Compared[]): string[] {
  const outside = all.filter(({ measured, reported }) => measured.ci95 !== null && areApart(measured, reported));
  if (outside.length === 0) return [];
  const parts = outside.map(({ metric, measured, reported }) => {
    const difference = measured.mean - reported.mean;
    return `${metricTitle(metric)} is ${Math.abs(difference).toFixed(3)} ${difference > 0 ? 'above' : 'below'} the paper’s`;
  });
  return [`${name}: ${listed(parts)}.`];
}

/** Pairs with the same better row and the same metrics share a sentence. */
function describeOrders(measured: MeasuredTable): string[] {
  const { rows } = measured;
  return rows.flatMap((better) => {
    const worseByMetrics = new Map<string, string[]>();
    for (const worse of rows) {
      const metrics = listed(reversed(compared(measured, better), compared(measured, worse)));
      if (metrics) worseByMetrics.set(metrics, [...(worseByMetrics.get(metrics) ?? []), worse.name]);
    }
    return [...worseByMetrics].map(
      ([metrics, names]) => `${better.name} is better than ${listed(names)} in ${metrics}; in the paper, it is worse.`,
    );
  });
}

/** Returns the metrics in which the first row is better than the second one, but worse in the paper. */
function reversed(first: readonly Compared[], second: readonly Compared[]): string[] {
  return first.flatMap(({ metric, measured, reported }) => {
    const other = second.find((one) => one.metric === metric);
    const isReversed =
      other && order(metric, measured, other.measured) > 0 && order(metric, reported, other.reported) < 0;
    return isReversed ? [metricTitle(metric)] : [];
  });
}

/** Returns 1 if the first value is better, −1 if the second one is, and 0 if their intervals overlap. */
function order(metric: MetricName, first: Estimate, second: Estimate): number {
  if (!areApart(first, second)) return 0;
  return first.mean > second.mean === isHigherBetter(metric) ? 1 : -1;
}

/** Returns whether two intervals do not overlap. A value without an interval is a point. */
function areApart(a: Estimate, b: Estimate): boolean {
  return Math.abs(a.mean - b.mean) > (a.ci95 ?? 0) + (b.ci95 ?? 0);
}

function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
