import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { WarmstartError } from '../common/errors.ts';
import { datasetName } from '../model-benchmark/open-experiment.ts';
import { type DatasetKind, datasets } from './settings.ts';
import { countsOf, type DataSurvey, type Refusal, surveyData, type TaskCounts } from './survey-data.ts';

/** What the given folders contain, for each dataset of the paper that they give. */
export type Surveys = Readonly<Partial<Record<DatasetKind, DataSurvey>>>;

/**
 * Reads a folder, or one folder of each dataset. Two folders also give the hybrid of both. Throws INVALID_DATA if a
 * folder cannot be read, and INVALID_CONFIGURATION if two folders have the same dataset.
 */
export async function surveyDatasets(folders: readonly string[]): Promise<Surveys> {
  const found = new Map<SingleDataset, string>();
  for (const folder of folders) {
    const dataset = await datasetOf(folder);
    checkSingle(dataset, found.get(dataset), folder);
    found.set(dataset, folder);
  }
  const surveys: { -readonly [Name in keyof Surveys]: Surveys[Name] } = {};
  for (const [dataset, folder] of found) surveys[dataset] = await surveyData(folder, datasets[dataset].settings);
  const { movielens, taobao } = surveys;
  if (!movielens || !taobao) return surveys;
  // Files of two folders can have the same name.
  const single = { movielens: withPaths(movielens), taobao: withPaths(taobao) };
  return { ...single, hybrid: hybridOf(single.movielens, single.taobao) };
}

type SingleDataset = Exclude<DatasetKind, 'hybrid'>;

async function datasetOf(folder: string): Promise<SingleDataset> {
  return (await datasetName(folder)) === 'taobao-cloud-theme' ? 'taobao' : 'movielens';
}

function checkSingle(dataset: SingleDataset, before: string | undefined, folder: string): void {
  if (before === undefined) return;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `--data: expected one folder of ${datasets[dataset].title}, got ${before} and ${folder}; leave one of them out`,
  );
}

function withPaths(survey: DataSurvey): DataSurvey {
  const [folder] = survey.folders as readonly [string];
  return { ...survey, rejected: survey.rejected.map((rows) => ({ ...rows, file: join(folder, rows.file) })) };
}

/** Each domain of the hybrid is split as if it were alone (see `scenarioSplit`), so all counts are sums. */
function hybridOf(first: DataSurvey, second: DataSurvey): DataSurvey {
  const both = [first, second];
  const sum = (count: 'users' | 'items' | 'interactions' | 'scenarios') => first[count] + second[count];
  return {
    folders: both.flatMap(({ folders }) => folders),
    fingerprint: createHash('sha256')
      .update(JSON.stringify(both.map(({ fingerprint }) => fingerprint)))
      .digest('hex'),
    users: sum('users'),
    items: sum('items'),
    interactions: sum('interactions'),
    scenarios: sum('scenarios'),
    // The folders alone report them.
    rejected: [],
    settings: { scenarios: sumOf(countsOf(first, 'scenarios'), countsOf(second, 'scenarios')) },
  };
}

/** Returns the sum of the tasks, or why a domain has none. */
function sumOf(first: TaskCounts | Refusal, second: TaskCounts | Refusal): TaskCounts | Refusal {
  if ('refused' in first) return first;
  if ('refused' in second) return second;
  return {
    trainingTasks: first.trainingTasks + second.trainingTasks,
    testTasks: first.testTasks + second.testTasks,
  };
}
