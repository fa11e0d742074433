import { constants } from 'node:fs';
import { access, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { WarmstartError } from '../common/errors.ts';
import { readConfig } from '../config.ts';
import { checkModels } from '../model-benchmark/check-models.ts';
import { ablationModels, modelNames } from '../model-benchmark/compared-models.ts';
import type { ComparisonRequest } from '../model-benchmark/comparison-request.ts';
import { type MeasuringListeners, measureInProcess } from '../model-benchmark/measure-in-process.ts';
import type { ModelMeasurement } from '../model-benchmark/measure-model.ts';
import type { RejectedRows } from '../model-benchmark/rejected-rows.ts';
import { comparisonTable } from './comparison-table.ts';
import { describeProgress } from './describe-progress.ts';
import { integer, positiveInteger } from './integer-argument.ts';
import { onInterruption } from './interruption.ts';
import { jsonObject } from './json-argument.ts';
import { print } from './print.ts';
import { startProgress } from './progress.ts';

interface EvaluateOptions {
  readonly data: string;
  readonly task: ComparisonRequest['taskKind'];
  readonly models?: readonly string[];
  readonly ablation: boolean;
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
    .description(
      'train models on a data set and compare them on users or scenarios held back; needs no database',
    )
    .requiredOption('--data <directory>', 'a MovieLens folder')
    .requiredOption('--task <user|scenario>', 'what a task is, and what is measured', taskKind)
    .option('--models <names>', 'which models, with commas between them; all by default', names)
    .option('--ablation', 'the rows of the paper’s tables 4, 5 and 9 (scenario tasks)', false)
    .option('--seeds <n>', 'how often each model is trained', positiveInteger, 5)
    .option('--split-seed <n>', 'determines which tasks test, and how', integer, 1)
    .option(
      '--test-ratings <file>',
      'test on the users of this file, like ratings.csv, and train on all of the folder',
    )
    .option(
      '--test-scenarios <file>',
      'test on these scenarios, like scenarios.csv, and train on all of the folder',
    )
    .option(
      '--epochs <n>',
      'most passes over the training tasks, instead of each model’s own',
      positiveInteger,
    )
    .option('--config <json>', 'changes to every model’s configuration', jsonObject)
    .option('--options <json>', 'changes to every model’s training options', jsonObject)
    .option('--json <file>', 'also write the results to a file')
    .action(runEvaluation);
}

async function runEvaluation(options: EvaluateOptions): Promise<void> {
  const { task, data, seeds, splitSeed, testRatings, testScenarios, epochs, json, config } = options;
  checkOptions(options);
  if (json !== undefined) await checkWritable(json);
  const models = options.models ?? (options.ablation ? ablationModels : modelNames(task));
  readConfig(process.env);
  const request: ComparisonRequest = {
    taskKind: task,
    data,
    seeds,
    splitSeed,
    ...(testRatings !== undefined && { testRatings }),
    ...(testScenarios !== undefined && { testScenarios }),
    ...(epochs !== undefined && { epochs }),
    ...(config && { config }),
    ...(options.options && { options: options.options }),
  };
  checkModels(models, request);
  const rows: ModelMeasurement[] = [];
  try {
    await measureAll(request, models, rows);
  } finally {
    // What was measured before something went wrong took its time, too.
    if (rows.length > 0) await report(rows, options);
  }
}

async function report(
  rows: readonly ModelMeasurement[],
  { task, data, seeds, json }: EvaluateOptions,
): Promise<void> {
  print(comparisonTable(rows));
  const { trainingTasks, testTasks } = rows[0] as ModelMeasurement;
  const what = task === 'USER' ? 'users' : 'scenarios';
  const over = seeds === 1 ? '1 seed' : `${seeds} seeds`;
  print(`${trainingTasks} ${what} trained, ${testTasks} tested; mean ± 95 % interval over ${over}`);
  if (json === undefined) return;
  const results = { task: task.toLowerCase(), data, rows: rows.map(resultOf) };
  await writeFile(json, `${JSON.stringify(results, null, 2)}\n`);
}

/** A model's row in the file of results. */
function resultOf({ trainingTasks: _, testTasks: __, ...result }: ModelMeasurement) {
  return result;
}

/** Measures one model after another, each in a process of its own, and adds them to `rows`. */
async function measureAll(
  request: ComparisonRequest,
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
          // Every model reads the same data.
          ...(index === 0 && { onRead: warnOf }),
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

function warnOf(rejected: readonly RejectedRows[]): void {
  for (const { file, count, first } of rejected) {
    process.stderr.write(
      `${file}: ${count} ${count === 1 ? 'row' : 'rows'} could not be used; line ${first.line}: ${first.reason}\n`,
    );
  }
}

/** Throws INVALID_CONFIGURATION when results could not be written, which must not show after hours. */
async function checkWritable(file: string): Promise<void> {
  try {
    const found = await stat(file).catch(() => undefined);
    if (found?.isDirectory()) throw new Error(`${file} is a folder`);
    await access(found ? file : dirname(file), constants.W_OK);
  } catch (cause) {
    throw new WarmstartError(
      'INVALID_CONFIGURATION',
      `--json: expected a file that can be written, got ${file}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

function checkOptions({ task, models, ablation, testRatings, testScenarios }: EvaluateOptions): void {
  const wrong = (message: string) => new WarmstartError('INVALID_CONFIGURATION', message);
  if (ablation && task === 'USER')
    throw wrong('--ablation: the paper’s tables are of scenarios, so expected --task scenario');
  if (ablation && models) throw wrong('--ablation chooses the models itself; leave out --models');
  if (testRatings !== undefined && task !== 'USER')
    throw wrong('--test-ratings tests users, so expected --task user');
  if (testScenarios !== undefined && task !== 'SCENARIO')
    throw wrong('--test-scenarios tests scenarios, so expected --task scenario');
}

function taskKind(text: string): ComparisonRequest['taskKind'] {
  if (text === 'user') return 'USER';
  if (text === 'scenario') return 'SCENARIO';
  throw new InvalidArgumentError('expected user or scenario');
}

function names(text: string): string[] {
  const given = text.split(',').map((name) => name.trim());
  if (given.some((name) => name === ''))
    throw new InvalidArgumentError('expected names with commas between them');
  return [...new Set(given)];
}
