import type { Estimate } from '../model-benchmark/measure-model.ts';
import { disagreements } from './disagreements.ts';
import type { MeasuredRow, MeasuredTable } from './measured-tables.ts';
import { type PaperMetric, type PaperTable, paperMetricTitle } from './paper-tables.ts';
import { datasets, type SettingName, settings } from './settings.ts';
import type { DataSurvey } from './survey-data.ts';
import { wrapText } from './wrap-text.ts';

/** All that the page reports. */
export interface PaperResults {
  readonly survey: DataSurvey;
  readonly seeds: number;
  /** See `Parts.option`. */
  readonly only: string;
  /** Maximum number of passes over the training tasks of a quick run. */
  readonly epochs: number | undefined;
  readonly tables: readonly MeasuredTable[];
  readonly figures: readonly PageFigure[];
  readonly missing: readonly MissingTable[];
  readonly failures: readonly { readonly title: string; readonly message: string }[];
}

export interface PageFigure {
  readonly title: string;
  /** The path of the SVG file, relative to the page. */
  readonly file: string;
  /** What the figure shows, in sentences made from its numbers. */
  readonly text: string;
}

/** A table that the data did not allow. */
export interface MissingTable {
  readonly table: PaperTable;
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

function introduction({ survey, seeds, epochs, only }: PaperResults): string {
  const { users, items, interactions, scenarios } = survey;
  const number = (value: number) => value.toLocaleString('en-US');
  const command = `npm run -s cli -- paper --data DIR --seeds ${seeds}${epochs === undefined ? '' : ' --quick'}${only}`;
  const data = `\`DIR\` has ${number(users)} users, ${number(items)} items, ${number(interactions)} ratings and ${number(scenarios)} scenarios.`;
  const quick =
    epochs === undefined
      ? ''
      : ` This was a quick run with few epochs (${epochs}): the numbers only show that the command works.`;
  const intervals =
    seeds === 1
      ? 'There is one seed, so there are no intervals, and the order of two models can be chance.'
      : `Numbers are means ± 95 % intervals (1.96 · s / √${seeds}) over the seeds 1 to ${seeds}.`;
  return [
    wrapText('This section was written by one command:'),
    `    ${command}`,
    wrapText(
      `${data}${quick} ${intervals} The columns “paper” have what the paper reports: on MovieLens-1M for users, and on MovieLens-20M for scenarios.`,
    ),
  ].join('\n\n');
}

function describeTable(measured: MeasuredTable, results: PaperResults): string[] {
  const { table, rows, withoutModel } = measured;
  const lines = disagreements(measured);
  const absent = withoutModel.map(({ name, model }) => `${name} (\`${model}\`)`).join(', ');
  return [
    `### ${titleOf(table)}`,
    wrapText(`${table.title}. ${describeSetting(table.setting, results)}`),
    tableOf(table, rows),
    ...(absent ? [wrapText(`Left out, since the benchmark does not have the models: ${absent}.`)] : []),
    lines.length > 0 ? bullets(lines) : 'No number disagrees with the paper.',
  ];
}

/** The setting tells the parts of a table about users apart, and the dataset those of a table about scenarios. */
function titleOf({ table, dataset, setting }: PaperTable): string {
  return `Table ${table}, ${settings[setting].protocol === 'USER' ? setting : datasets[dataset].title}`;
}

function describeSetting(name: SettingName, { survey }: PaperResults): string {
  const { description, protocol } = settings[name];
  const counts = survey.settings[name];
  if ('refused' in counts) return `${description}.`;
  const what = protocol === 'SCENARIO' ? 'scenarios' : 'users';
  return `${description} (${counts.trainingTasks} training ${what}, ${counts.testTasks} test ${what}).`;
}

function tableOf({ metrics }: PaperTable, rows: readonly MeasuredRow[]): string {
  const head = ['row', 'model', ...metrics.flatMap((metric) => [paperMetricTitle(metric), 'paper'])];
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
function digitsOfPaper(metric: PaperMetric): number {
  return metric.startsWith('recall') ? 4 : 3;
}

function formatEstimate(value: Estimate | undefined, digits: number): string {
  if (!value) return '–';
  const { mean, ci95 } = value;
  return ci95 === null ? mean.toFixed(digits) : `${mean.toFixed(digits)} ± ${ci95.toFixed(digits)}`;
}

/** Returns a line for each reason, with all tables that it is about. */
function describeMissing(missing: readonly MissingTable[]): string[] {
  const reasons = [...new Set(missing.map(({ needed }) => needed))];
  return reasons.map((reason) => {
    const tables = missing.filter(({ needed }) => needed === reason).map(({ table }) => titleOf(table));
    return `${tables.join('; ')}: ${reason}.`;
  });
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${wrapText(line, 118).replaceAll('\n', '\n  ')}`).join('\n');
}
