import { constants } from 'node:fs';
import { access, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { positiveFrom } from '../catalog/interaction-value.ts';
import { WarmstartError } from '../common/errors.ts';
import { readConfig } from '../config.ts';
import type { HiddenPart } from '../evaluation/list-tasks.ts';
import { ablationModels, comparedByDefault } from '../model-benchmark/benchmark-models.ts';
import { type BenchmarkRequest, checkModels, protocolOf } from '../model-benchmark/benchmark-request.ts';
import type { ListsOptions } from '../model-benchmark/lists-experiment.ts';
import { type MeasuringListeners, measureInProcess } from '../model-benchmark/measure-in-process.ts';
import type { ModelMeasurement } from '../model-benchmark/measure-model.ts';
import { storedHistories } from '../model-benchmark/open-experiment.ts';
import { onInterruption } from '../processes/process-lifetime.ts';
import { finiteNumber, integer, jsonObject, positiveInteger, several, share, wholeNumber } from './arguments.ts';
import { benchmarkTable, domainTables } from './benchmark-table.ts';
import { listsResults, listsTable } from './lists-table.ts';
import { readMapped } from './read-mapped.ts';
import { countsOf, describeStored, readStored, type StoredData } from './read-stored.ts';
import { describeProgress, print, startProgress } from './terminal.ts';
import { warnOfRejectedRows } from './warn-of-rejected-rows.ts';

/** The part of a test user's history that `--split` hides. */
const hiddenParts = { random: 'random', time: 'latest' } as const satisfies Record<string, HiddenPart>;
type SplitName = keyof typeof hiddenParts;

interface EvaluateOptions {
  readonly data?: readonly string[];
  readonly map?: string;
  readonly stored: boolean;
  readonly task: BenchmarkRequest['taskKind'];
  readonly models?: readonly string[];
  readonly ablation: boolean;
  readonly lists: boolean;
  readonly positive?: number;
  readonly split?: SplitName;
  readonly newItems?: number;
  readonly shown?: number;
  readonly seeds: number;
  readonly splitSeed: number;
  readonly testRatings?: string;
  readonly testScenarios?: string;
  readonly epochs?: number;
  readonly config?: object;
  readonly options?: object;
  readonly json?: string;
}

export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description('train models on a dataset, or on what is stored, and compare them on held-out users or scenarios')
    .option(
      '--data <path>',
      'measure on the folder of a published dataset, or with --map on any file or folder; several times: one model of several domains (scenario tasks only)',
      several,
    )
    .option('--map <file>', 'what the columns of the files mean; import inspect writes a mapping')
    .option('--stored', 'measure on what is stored in the database, which is only read', false)
    .requiredOption('--task <user|scenario>', 'the kind of task to train and measure', taskKind)
    .option('--lists', 'measure lists of all items instead of predicted ratings (user tasks only)', false)
    .option('--models <names>', 'the models to compare, separated by commas (default: see docs/evaluate.md)', names)
    .option('--ablation', 'compare the rows of the paper’s tables 4, 5 and 9 (scenario tasks only)', false)
    .option('--seeds <n>', 'how many times to train each model, each time with another seed', positiveInteger, 5)
    .option('--split-seed <n>', 'seed of the split into training and test tasks', integer, 1)
    .option(
      '--test-ratings <file>',
      'test on the users of this file (format of ratings.csv) and train on the whole folder',
    )
    .option(
      '--test-scenarios <file>',
      'test on these scenarios (format of scenarios.csv) and train on the whole folder',
    )
    .option(
      '--positive <value>',
      'lists: the rating from which an item is liked (default: from the data)',
      finiteNumber,
    )
    .addOption(
      new Option('--split <kind>', 'lists: hide a random part of a history, or the latest part').choices(
        Object.keys(hiddenParts),
      ),
    )
    .option('--new-items <share>', 'lists: keep this share of the items out of training, and measure them', share)
    .option('--shown <n>', 'predicted ratings: show models at most this many ratings of a test user', wholeNumber)
    .option('--epochs <n>', 'maximum number of passes over the training tasks, for every model', positiveInteger)
    .option('--config <json>', 'changes to the configuration of every model', jsonObject)
    .option('--options <json>', 'changes to the training options of every model', jsonObject)
    .option('--json <file>', 'also write the results to this file')
    .action(runEvaluation);
}

async function runEvaluation(options: EvaluateOptions): Promise<void> {
  const { task, seeds, splitSeed, testRatings, testScenarios, shown, epochs, json, config } = options;
  checkOptions(options);
  if (json !== undefined) await checkWritable(json);
  const lists = listsOptions(options);
  const protocol = protocolOf({ taskKind: task, lists });
  const models = options.models ?? (options.ablation ? ablationModels : comparedByDefault(protocol));
  const settings = readConfig(process.env);
  const changes: Omit<BenchmarkRequest, 'data'> = {
    taskKind: task,
    ...(lists && { lists }),
    seeds,
    splitSeed,
    ...(testRatings !== undefined && { testRatings }),
    ...(testScenarios !== undefined && { testScenarios }),
    ...(shown !== undefined && { shown }),
    ...(epochs !== undefined && { epochs }),
    ...(config && { config }),
    ...(options.options && { options: options.options }),
  };
  checkModels(models, changes);
  const { map } = options;
  const [path, ...others] = options.data ?? [];
  const histories = {
    ...storedHistories[protocol],
    positiveFrom: lists?.positiveFrom ?? positiveFrom(settings.ratingScale),
  };
  const stored = options.stored
    ? await readStored(settings, histories)
    : map !== undefined && path !== undefined
      ? await readMapped(settings, { data: path, map }, histories)
      : undefined;
  // One of them is given, see `checkOptions`.
  const data = stored?.tables ?? (others.length > 0 ? [path as string, ...others] : (path as string));
  const rows: ModelMeasurement[] = [];
  try {
    await measureAll({ ...changes, data }, models, rows);
  } finally {
    // Results measured before an error are reported too, since they can take hours.
    if (rows.length > 0) await report(rows, options, stored);
  }
}

function listsOptions({ lists, positive, split = 'random', newItems }: EvaluateOptions): ListsOptions | undefined {
  if (!lists) return undefined;
  return {
    hide: hiddenParts[split],
    ...(positive !== undefined && { positiveFrom: positive }),
    ...(newItems !== undefined && { newItems }),
  };
}

async function report(
  rows: readonly ModelMeasurement[],
  { task, lists, split, data, seeds, json }: EvaluateOptions,
  stored: StoredData | undefined,
): Promise<void> {
  print(lists ? listsTable(rows) : benchmarkTable(rows));
  const [folder, ...others] = data ?? [];
  if (others.length > 0) print(domainTables(rows, data ?? []));
  const { trainingTasks, testTasks } = rows[0] as ModelMeasurement;
  const what = task === 'USER' ? 'users' : 'scenarios';
  const over = seeds === 1 ? '1 seed' : `${seeds} seeds`;
  print(`${trainingTasks} training ${what}, ${testTasks} test ${what}; mean ± 95 % interval over ${over}`);
  if (stored) print(describeStored(stored));
  if (json === undefined) return;
  const source = stored
    ? { data: stored.place, stored: countsOf(stored) }
    : { data: others.length > 0 ? data : folder };
  const head = { task: task.toLowerCase(), ...source };
  const results = lists
    ? { ...head, protocol: 'lists', split: split ?? 'random', ...listsResults(rows) }
    : { ...head, rows: rows.map(resultOf) };
  await writeFile(json, `${JSON.stringify(results, null, 2)}\n`);
}

/** A model's row in the results file. */
function resultOf({ trainingTasks: _, testTasks: __, ...result }: ModelMeasurement) {
  return result;
}

/** Measures one model after the other, each in its own process, and adds the results to `rows`. */
async function measureAll(
  request: BenchmarkRequest,
  models: readonly string[],
  rows: ModelMeasurement[],
): Promise<void> {
  const abort = new AbortController();
  const unregister = onInterruption(() =>
    abort.abort(new WarmstartError('INTERRUPTED', 'the evaluation was interrupted')),
  );
  try {
    for (const [index, model] of models.entries()) {
      const progress = startProgress(model, request.seeds);
      try {
        const listeners: MeasuringListeners = {
          // Every model reads the same data, so the first one reports the rejected rows.
          ...(index === 0 && { onRead: warnOfRejectedRows }),
          onProgress(seed, report) {
            const [done, note] = describeProgress(report);
            progress.update(seed - 1 + done, `seed ${seed}, ${note}`);
          },
        };
        rows.push(await measureInProcess({ request, model }, listeners, abort.signal));
      } finally {
        progress.stop();
      }
    }
  } finally {
    unregister();
  }
}

/** Throws INVALID_CONFIGURATION if the file cannot be written. Checked first, since measuring can take hours. */
async function checkWritable(file: string): Promise<void> {
  try {
    const found = await stat(file).catch(() => undefined);
    if (found?.isDirectory()) throw new Error(`${file} is a folder`);
    await access(found ? file : dirname(file), constants.W_OK);
  } catch (cause) {
    throw new WarmstartError(
      'INVALID_CONFIGURATION',
      `--json: expected a writable file, got ${file}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

function checkOptions(options: EvaluateOptions): void {
  const { task, data, map, stored, models, ablation, lists, shown, testRatings, testScenarios } = options;
  const wrong = (message: string) => new WarmstartError('INVALID_CONFIGURATION', message);
  if (stored === (data !== undefined))
    throw wrong(`--data, --stored: expected one of them, files or what is stored, got ${stored ? 'both' : 'none'}`);
  if (map !== undefined && data === undefined) throw wrong('--map: expected --data with the files, got --stored');
  if (map !== undefined && (testRatings ?? testScenarios) !== undefined)
    throw wrong('--map: expected no test files, since these are in the format of MovieLens');
  checkDomains(options);
  if (lists && task !== 'USER') throw wrong('--lists: expected --task user, since lists are made for users');
  for (const [flag, name] of Object.entries(listFlags)) {
    if (!lists && options[name] !== undefined) throw wrong(`${flag}: expected --lists, which it belongs to`);
  }
  if (shown !== undefined && (lists || task !== 'USER'))
    throw wrong('--shown: expected --task user without --lists, since it is about predicted ratings');
  if (ablation && task === 'USER')
    throw wrong('--ablation: expected --task scenario, since the paper’s ablation tables are about scenarios');
  if (ablation && models) throw wrong('--ablation: expected no --models, since the ablation determines the models');
  if (testRatings !== undefined && task !== 'USER') throw wrong('--test-ratings: expected --task user');
  if (testScenarios !== undefined && task !== 'SCENARIO') throw wrong('--test-scenarios: expected --task scenario');
  if (stored && testRatings !== undefined) throw wrong('--test-ratings: expected --data, got --stored');
  if (stored && testScenarios !== undefined) throw wrong('--test-scenarios: expected --data, got --stored');
}

/** Throws INVALID_CONFIGURATION if several folders are given for something that has one. */
function checkDomains({ data = [], task, map, testScenarios }: EvaluateOptions): void {
  const wrong = (message: string) => new WarmstartError('INVALID_CONFIGURATION', message);
  if (data.length < 2) return;
  if (task === 'USER')
    throw wrong(`--data: expected one folder with --task user, got ${data.length}; several are for --task scenario`);
  if (map !== undefined) throw wrong(`--map: expected one --data, got ${data.length}`);
  if (testScenarios !== undefined) throw wrong(`--test-scenarios: expected one --data folder, got ${data.length}`);
  const paths = data.map((path) => resolve(path));
  const twice = paths.find((path, at) => paths.indexOf(path) < at);
  if (twice !== undefined) throw wrong(`--data: expected different folders, got ${twice} twice`);
}

/** The options of `--lists`. */
const listFlags = { '--positive': 'positive', '--split': 'split', '--new-items': 'newItems' } as const;

function taskKind(text: string): BenchmarkRequest['taskKind'] {
  if (text === 'user') return 'USER';
  if (text === 'scenario') return 'SCENARIO';
  throw new InvalidArgumentError('expected user or scenario');
}

function names(text: string): string[] {
  const given = text.split(',').map((name) => name.trim());
  if (given.some((name) => name === '')) throw new InvalidArgumentError('expected names separated by commas');
  return [...new Set(given)];
}
