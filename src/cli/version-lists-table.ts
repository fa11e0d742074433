import { metricTitle } from '../evaluation/metrics.ts';
import type { ListMeasurement, StoredListMetrics } from '../registry/version-evaluation.ts';
import { alignedLines } from './benchmark-table.ts';

/** The compared models, in the order of their columns. */
const models = { value: 'this version', active: 'active', popularity: 'popularity', itemKnn: 'item-kNN' } as const;
type Model = keyof typeof models;

/** The metrics of each block of lines. Those that decide come first. */
const blocks = [
  ['recall20', 'ndcg20'],
  ['recall10', 'ndcg100', 'coverage10'],
] as const satisfies readonly (readonly (keyof StoredListMetrics)[])[];
type MetricsOfBlock = (typeof blocks)[number];

/**
 * Formats the lists of a version, indented: a block of lines for some metrics, a line for each number of interactions
 * shown, and a column for each model that was measured.
 */
export function versionListsTable(lists: readonly ListMeasurement[]): string[] {
  const measured = (Object.keys(models) as Model[]).filter((model) => lists.some((row) => row[model] !== null));
  const header = ['shown', ...measured.map((model) => models[model])];
  return blocks.flatMap((metrics) => {
    const rows = lists.map((row) => [
      row.shown === null ? 'all' : `${row.shown}`,
      ...measured.map((model) => cell(row[model], metrics)),
    ]);
    return [metrics.map(metricTitle).join(' / '), ...alignedLines([header, ...rows])].map((line) => `  ${line}`);
  });
}

function cell(lists: StoredListMetrics | null, metrics: MetricsOfBlock): string {
  return metrics.map((name) => format(lists?.[name], name === 'coverage10' ? 0 : 3)).join(' / ');
}

function format(value: number | null | undefined, digits: number): string {
  return value == null ? '–' : value.toFixed(digits);
}
