import { type MetricName, metricNames, metricTitle } from '../evaluation/metrics.ts';
import type { Estimate, ModelMeasurement } from '../model-benchmark/measure-model.ts';

/** The metrics that only the results file has, because the lines of a table with all of them are too long. */
const onlyInFile: readonly MetricName[] = ['recall100'];

/** Formats one line for each model and one column for each metric that any of the models has. */
export function benchmarkTable(rows: readonly ModelMeasurement[]): string {
  const metrics = metricNames.filter((name) => !onlyInFile.includes(name) && rows.some((row) => row.metrics[name]));
  const header = ['model', ...metrics.map(metricTitle), 's/epoch', 'epochs', 'parameters', 'peak MiB'];
  const lines = rows.map((row) => [
    row.model,
    ...metrics.map((name) => cell(row, name)),
    row.secondsPerEpoch.toFixed(2),
    row.epochs.toFixed(1),
    row.parameters.toLocaleString('en'),
    row.peakRssMiB.toFixed(0),
  ]);
  return alignedLines([header, ...lines]).join('\n');
}

/** Formats a table of each domain, under the name of its folder. */
export function domainTables(rows: readonly ModelMeasurement[], folders: readonly string[]): string {
  const tables = folders.map((folder, at) => {
    const number = String(at + 1);
    const ofDomain = rows.map(({ domains, ...row }) => ({ ...row, metrics: domains?.[number] ?? {} }));
    return `\n${number}: ${folder}\n${benchmarkTable(ofDomain)}`;
  });
  return `${tables.join('\n')}\n`;
}

function cell({ metrics }: ModelMeasurement, name: MetricName): string {
  return formatEstimate(metrics[name], 4);
}

/** Formats a mean with its interval, or a dash for what is not measured. */
export function formatEstimate(measured: Estimate | undefined, digits: number): string {
  if (!measured) return '–';
  const { mean, ci95 } = measured;
  return ci95 === null ? mean.toFixed(digits) : `${mean.toFixed(digits)} ± ${ci95.toFixed(digits)}`;
}

/** Aligns the cells of lines in columns, the first one to the left and the others to the right. */
export function alignedLines(lines: readonly (readonly string[])[]): string[] {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines.map((line) => align(line, widths));
}

function align(line: readonly string[], widths: readonly number[]): string {
  return line
    .map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!)))
    .join('  ');
}
