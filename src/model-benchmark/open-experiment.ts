import { join } from 'node:path';
import { WarmstartError } from '../common/errors.ts';
import type { OnReject } from '../datasets/dataset.ts';
import { openRatings, openScenarios } from '../datasets/mapping/open-movielens.ts';
import { openPublished } from '../datasets/mapping/open-published.ts';
import { isRatingType } from '../features/interaction-types.ts';
import { defaultEpisodes, type EpisodeOptions } from '../tasks/episode-options.ts';
import type { FeedbackKind } from '../tasks/training-data.ts';
import { historyOf } from '../training/training-recipe.ts';
import type { Protocol } from './benchmark-models.ts';
import { type BenchmarkRequest, foldersOf, protocolOf, type RequestedModel } from './benchmark-request.ts';
import {
  type DatasetTables,
  type InteractionTable,
  type RejectedRows,
  RejectedRowsByFile,
  readInteractions,
  readScenarios,
  readTables,
  type ScenarioItems,
} from './dataset-tables.ts';
import type { Experiment } from './experiment.ts';
import { joinTables } from './join-tables.ts';
import { listsExperiment, minimumPairs } from './lists-experiment.ts';
import { scenarioExperiment } from './scenario-experiment.ts';
import { userExperiment } from './user-experiment.ts';

/** The histories that a protocol measures: of what kind, and, of stored users, with how many items. */
export const storedHistories = {
  USER: { feedback: 'ratings', minimumItems: defaultEpisodes.minimumPairs },
  LISTS: { feedback: 'typed', minimumItems: minimumPairs },
  SCENARIO: { feedback: 'any', minimumItems: 1 },
} as const satisfies Record<Protocol, { readonly feedback: FeedbackKind; readonly minimumItems: number }>;

/** The data of a benchmark. */
export interface BenchmarkData {
  readonly tables: DatasetTables;
  readonly testRatings: InteractionTable | undefined;
  readonly testScenarios: readonly ScenarioItems[] | undefined;
  /** Rows that could not be used. */
  readonly rejected: readonly RejectedRows[];
}

/**
 * Reads the data of a benchmark. Throws INVALID_DATA if it cannot be read, if a test user or test scenario is also in
 * the folder, or if the latest ratings are to be hidden and ratings have no times.
 */
export async function readBenchmarkData(request: BenchmarkRequest): Promise<BenchmarkData> {
  const { data } = request;
  if (isTables(data)) return { tables: data, testRatings: undefined, testScenarios: undefined, rejected: [] };
  const rejected = new RejectedRowsByFile();
  const tables = await readDomains(request, rejected);
  const testRatings = await readTestRatings(request, tables, rejected);
  const testScenarios = await readTestScenarios(request, tables, rejected);
  if (request.lists?.hide === 'latest') checkTimes(request, testRatings ?? tables.interactions);
  return { tables, testRatings, testScenarios, rejected: rejected.all() };
}

/** Returns the name of the published dataset in a folder, such as `movielens-20m`. Throws INVALID_DATA if there is none. */
export async function datasetName(folder: string): Promise<string> {
  return (await openPublished(folder)).name;
}

function isTables(data: BenchmarkRequest['data']): data is DatasetTables {
  return foldersOf({ data }) === undefined;
}

/** Files of several folders can have the same name, so their rejected rows are reported with the folder. */
async function readDomains(request: BenchmarkRequest, rejected: RejectedRowsByFile): Promise<DatasetTables> {
  const { feedback } = storedHistories[protocolOf(request)];
  const folders = foldersOf(request) ?? [];
  const domains: DatasetTables[] = [];
  for (const folder of folders) {
    const count = rejected.counter();
    const onReject: OnReject =
      folders.length === 1 ? count : (reject) => count({ ...reject, file: join(folder, reject.file) });
    domains.push(await readTables(await openPublished(folder), onReject, feedback));
  }
  return joinTables(domains);
}

function checkTimes({ data, testRatings }: BenchmarkRequest, { times }: InteractionTable): void {
  if (times) return;
  throw new WarmstartError(
    'INVALID_DATA',
    `--split time: expected ratings with times, got ${testRatings ?? data} without any; use --split random, or a folder with the published ratings.dat`,
  );
}

async function readTestRatings(
  { testRatings: file }: BenchmarkRequest,
  tables: DatasetTables,
  rejected: RejectedRowsByFile,
): Promise<InteractionTable | undefined> {
  if (file === undefined) return undefined;
  const onReject = rejected.counter(file);
  const ratings = await readInteractions((await openRatings(file))(onReject), tables, onReject, 'ratings');
  checkDisjoint('users', file, idsOf(tables, tables.interactions), idsOf(tables, ratings));
  return ratings;
}

async function readTestScenarios(
  { data, testScenarios: file }: BenchmarkRequest,
  tables: DatasetTables,
  rejected: RejectedRowsByFile,
): Promise<ScenarioItems[] | undefined> {
  if (file === undefined) return undefined;
  if (tables.interactions.scenarios)
    throw new WarmstartError(
      'INVALID_DATA',
      `--test-scenarios: expected a folder whose interactions name no scenario, got ${data}; leave the option out, which tests a random fifth`,
    );
  const onReject = rejected.counter(file);
  const scenarios = await readScenarios((await openScenarios(file))(onReject), tables, onReject);
  const ids = (all: readonly ScenarioItems[]) => new Set(all.map(({ id }) => id));
  checkDisjoint('scenarios', file, ids(tables.scenarios), ids(scenarios));
  return scenarios;
}

/**
 * Returns the experiment that measures a model, with its IDs and the episodes of its recipe. Throws INVALID_DATA if
 * there are too few tasks to train on, or none to test on.
 */
export function openExperiment(
  request: BenchmarkRequest,
  { tables, testRatings, testScenarios }: BenchmarkData,
  model: RequestedModel,
): Experiment {
  const { taskKind, splitSeed, lists, shown, trainingShare } = request;
  const { ids } = model;
  const experiment = lists
    ? listsExperiment(tables, testRatings, { ...lists, splitSeed, ids, feedback: feedbackOf(model) })
    : taskKind === 'USER'
      ? userExperiment(tables, testRatings, { splitSeed, ids, shown, trainingShare })
      : scenarioExperiment(tables, testScenarios, { splitSeed, ids, episodes: episodesOf(model) });
  checkTasks(experiment, request, () => largestRating([tables.interactions, testRatings]));
  return experiment;
}

function feedbackOf(model: RequestedModel): FeedbackKind {
  return 'kind' in model ? historyOf(model) : 'typed';
}

function episodesOf(model: RequestedModel): EpisodeOptions {
  return 'kind' in model ? model.options.episodes : defaultEpisodes;
}

/** Meta-learning needs at least two tasks. */
const minTrainingTasks = 2;

/** Returns the largest rating of all tables, −∞ without ratings. */
function largestRating(tables: readonly (InteractionTable | undefined)[]): number {
  let largest = -Infinity;
  for (const { types, values } of tables.filter((table) => table !== undefined)) {
    for (const [row, type] of types.entries()) {
      if (isRatingType(type)) largest = Math.max(largest, values[row] as number);
    }
  }
  return largest;
}

function checkTasks(experiment: Experiment, request: BenchmarkRequest, largestOf: () => number): void {
  const { trainingTasks, testTasks } = experiment;
  const { training, test } = describeTasks(experiment, request);
  const file = request.testRatings ?? request.testScenarios;
  const [source, more] = foldersOf(request)
    ? ['--data', 'give more data']
    : ['--stored', 'record or import more interactions'];
  if (trainingTasks < minTrainingTasks) {
    const rest = file === undefined ? ' after a fifth is held out for testing' : '';
    throw new WarmstartError(
      'INVALID_DATA',
      `${source}: expected at least ${minTrainingTasks} ${training} to train on${rest}, got ${trainingTasks}; ${more}`,
    );
  }
  if (testTasks > 0) return;
  const positive = request.lists?.positiveFrom;
  if (positive !== undefined) checkPositive(positive, largestOf());
  const orFile = `${source === '--data' ? ', or a test file' : ''}${positive === undefined ? '' : ', or lower --positive'}`;
  throw new WarmstartError(
    'INVALID_DATA',
    file === undefined
      ? `${source}: expected at least 1 of the ${test} in the held-out fifth, got 0; ${more}${orFile}`
      : `${file}: expected ${test} to test on, got 0; use users and items of the --data folder`,
  );
}

/** Throws INVALID_DATA if no rating is positive. */
function checkPositive(positive: number, largest: number): void {
  if (largest === -Infinity || positive <= largest) return;
  throw new WarmstartError(
    'INVALID_DATA',
    `--positive: expected at most ${largest}, the largest rating in the data, got ${positive}`,
  );
}

/** Describes the tasks that are enough to train on, and to test on. */
function describeTasks(
  { minimumPairs }: Experiment,
  { taskKind, lists }: BenchmarkRequest,
): { readonly training: string; readonly test: string } {
  if (taskKind === 'SCENARIO') {
    const training = `scenarios with at least ${minimumPairs} interactions`;
    return { training, test: 'scenarios with interactions of held-out users' };
  }
  if (!lists) {
    const users = `users with at least ${minimumPairs} ratings`;
    return { training: users, test: users };
  }
  const users = `users who interacted with at least ${minimumPairs} items`;
  return { training: users, test: `${users} and like a hidden one` };
}

function idsOf({ users }: DatasetTables, interactions: InteractionTable): Set<string> {
  return new Set([...new Set(interactions.users)].map((row) => (users[row] as { id: string }).id));
}

function checkDisjoint(
  what: string,
  file: string | undefined,
  training: ReadonlySet<string>,
  test: ReadonlySet<string>,
): void {
  const shared = [...test].filter((id) => training.has(id));
  if (shared.length === 0) return;
  throw new WarmstartError(
    'INVALID_DATA',
    `${file}: expected no ${what} of the training data, got ${shared.length} of them, such as "${shared[0]}"`,
  );
}
