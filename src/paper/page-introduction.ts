import { type DatasetKind, datasets } from './settings.ts';
import type { DataSurvey } from './survey-data.ts';
import type { Surveys } from './survey-datasets.ts';
import { wrapText } from './wrap-text.ts';

/** What was read, and how the models were trained. */
export interface RunFacts {
  readonly surveys: Surveys;
  readonly seeds: number;
  /** See `Parts.option`. */
  readonly only: string;
  /** Maximum number of passes over the training tasks of a quick run. */
  readonly epochs: number | undefined;
}

/** Returns the beginning of the page in Markdown: the command, what was read, and what the numbers are. */
export function introduction({ surveys, seeds, epochs, only }: RunFacts): string {
  const given = foldersOf(surveys);
  const folders = given.map(({ name }) => ` --data ${name}`).join('');
  const command = `npm run -s cli -- paper${folders} --seeds ${seeds}${epochs === undefined ? '' : ' --quick'}${only}`;
  const quick =
    epochs === undefined
      ? []
      : [`This was a quick run with few epochs (${epochs}): the numbers only show that the command works.`];
  const intervals =
    seeds === 1
      ? 'There is one seed, so there are no intervals, and the order of two models can be chance.'
      : `Numbers are means ± 95 % intervals (1.96 · s / √${seeds}) over the seeds 1 to ${seeds}.`;
  const reported =
    'The columns “paper” have what the paper reports: on MovieLens-1M for users, on MovieLens-20M for scenarios of ' +
    'MovieLens, and on the theme click log for those of Taobao.';
  const facts = [...given.map(({ text }) => text), ...quick, intervals, reported].join(' ');
  const remarks = surveyed(surveys).flatMap(([dataset]) => {
    const { title, remark } = datasets[dataset];
    return remark === undefined ? [] : [`${title}: ${remark}`];
  });
  return [
    'This section was written by one command:',
    `    ${command}`,
    ...[facts, ...remarks].map((text) => wrapText(text)),
  ].join('\n\n');
}

/** Returns a name for each given folder, and what it contains in words. A single folder is called `DIR`. */
function foldersOf(surveys: Surveys): { readonly name: string; readonly text: string }[] {
  const number = (value: number) => value.toLocaleString('en-US');
  const isSingle = surveys.hybrid === undefined;
  return surveyed(surveys).flatMap(([dataset, { users, items, interactions, scenarios }]) => {
    const { words } = datasets[dataset];
    if (!words) return [];
    const name = isSingle ? 'DIR' : words.folder;
    const counts = `${number(users)} users, ${number(items)} items, ${number(interactions)} ${words.interactions}`;
    return [{ name, text: `\`${name}\` has ${counts} and ${number(scenarios)} scenarios.` }];
  });
}

function surveyed(surveys: Surveys): [DatasetKind, DataSurvey][] {
  return Object.entries(surveys) as [DatasetKind, DataSurvey][];
}
