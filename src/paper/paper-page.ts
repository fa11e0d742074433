import { type MetricName, metricTitle } from '../evaluation/metrics.ts';
import type { Estimate } from '../model-benchmark/measure-model.ts';
import { disagreements } from './disagreements.ts';
import type { MeasuredRow, MeasuredTable } from './measured-tables.ts';
import { introduction, type RunFacts } from './page-introduction.ts';
import type { PaperTable } from './paper-tables.ts';
import { partTitle, settings } from './settings.ts';
import { countsOf, type DataSurvey } from './survey-data.ts';
import { wrapText } from './wrap-text.ts';

/** All that the page reports. */
export interface PaperResults extends RunFacts {
  readonly tables: readonly MeasuredTable[];
  readonly figures: readonly PageFigure[];
  readonly missing: readonly Missing[];
  readonly failures: readonly { readonly title: string; readonly message: string }[];
}

export interface PageFigure {
  readonly title: string;
  /** The path of the SVG file, relative to the page. */
  readonly file: string;
  /** What the figure shows, in sentences made from its numbers. */
  readonly text: string;
}

/** A table or figure that the data did not allow. */
export interface Missing {
  readonly title: string;
  readonly needed: string;
}

/** Returns the Markdown of the results. */
export function paperPage(results: PaperResults): string {
  const { tables, figures, failures, missing } = results;
  return [
    '## The tables and figures of the paper',
    introduction(results),
    ...tables.flatMap((table) => describeTable(table, results)),
    ...figures.flatMap(({ title, file, text }) => [`### ${title}`, `![${title}](${file})`, wrapText(text)]),
    ...(missing.length > 0 ? ['### What the data did not allow', bullets(describeMissing(missing))] : []),
    ...(failures.length > 0
      ? ['### What failed', bullets(failures.map(({ title, message }) => `${title}: ${message.split('\n')[0]}`))]
      : []),
  ].join('\n\n');
}

function describeTable(measured: MeasuredTable, results: PaperResults): string[] {
  const { table, rows, withoutModel } = measured;
  const lines = disagreements(measured);
  const absent = withoutModel.map(({ name, model }) => `${name} (\`${model}\`)`).join(', ');
  return [
    `### ${titleOf(table)}`,
    wrapText(`${table.title}. ${describeSetting(table, results)}`),
    tableOf(table, rows),
    ...(absent ? [wrapText(`Left out, since the benchmark does not have the models: ${absent}.`)] : []),
    lines.length > 0 ? bullets(lines) : 'No number disagrees with the paper.',
  ];
}

export function titleOf(table: PaperTable): string {
  return `Table ${table.table}, ${partTitle(table)}`;
}

function describeSetting({ dataset, setting }: PaperTable, { surveys }: PaperResults): string {
  const { description, protocol } = settings[setting];
  const counts = countsOf(surveys[dataset] as DataSurvey, setting);
  if ('refused' in counts) return `${description}.`;
  const what = protocol === 'SCENARIO' ? 'scenarios' : 'users';
  return `${description} (${counts.trainingTasks} training ${what}, ${counts.testTasks} test ${what}).`;
}

function tableOf({ metrics }: PaperTable, rows: readonly MeasuredRow[]): string {
  const head = ['row', 'model', ...metrics.flatMap((metric) => [metricTitle(metric), 'paper'])];
  const body = rows.map(({ name, model, measured, reported }) => [
    name,
    `\`${model}\``,
    ...metrics.flatMap((metric, index) => [
      formatEstimate(measured[index], 4),
      formatEstimate(reported[index], digitsOfPaper(metric)),
    ]),
  ]);
  return [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The paper prints recalls in percent with two digits, and all else with three digits. */
function digitsOfPaper(metric: MetricName): number {
  return metric.startsWith('recall') ? 4 : 3;
}

function formatEstimate(value: Estimate | undefined, digits: number): string {
  if (!value) return '–';
  const { mean, ci95 } = value;
  return ci95 === null ? mean.toFixed(digits) : `${mean.toFixed(digits)} ± ${ci95.toFixed(digits)}`;
}

/** Returns a line for each reason, with all tables and figures that it is about. */
function describeMissing(missing: readonly Missing[]): string[] {
  const reasons = [...new Set(missing.map(({ needed }) => needed))];
  return reasons.map((reason) => {
    const titles = missing.filter(({ needed }) => needed === reason).map(({ title }) => title);
    return `${titles.join('; ')}: ${reason}.`;
  });
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${wrapText(line, 118).replaceAll('\n', '\n  ')}`).join('\n');
}
