import { type MetricName, metricNames, metricTitle } from '../evaluation/metrics.ts';
import type { ModelMeasurement } from '../model-benchmark/measure-model.ts';

/** Formats one line for each model and one column for each metric that any of the models has. */
export function benchmarkTable(rows: readonly ModelMeasurement[]): string {
  const metrics = metricNames.filter((name) => rows.some((row) => row.metrics[name]));
  const header = ['model', ...metrics.map(metricTitle), 's/epoch', 'epochs', 'parameters', 'peak MiB'];
  const lines = rows.map((row) => [
    row.model,
    ...metrics.map((name) => cell(row, name)),
    row.secondsPerEpoch.toFixed(2),
    row.epochs.toFixed(1),
    row.parameters.toLocaleString('en'),
    row.peakRssMiB.toFixed(0),
  ]);
  const widths = header.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column]!.length)));
  return [header, ...lines].map((line) => align(line, widths)).join('\n');
}

function cell({ metrics }: ModelMeasurement, name: MetricName): string {
  const measured = metrics[name];
  if (!measured) return '–';
  const { mean, ci95 } = measured;
  return ci95 === null ? mean.toFixed(4) : `${mean.toFixed(4)} ± ${ci95.toFixed(4)}`;
}

function align(line: readonly string[], widths: readonly number[]): string {
  return line
    .map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!)))
    .join('  ');
}
