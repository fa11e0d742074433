import { writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { ablationModels, comparedModel, modelNames } from '../comparison/compared-models.ts';
import type { ComparisonRequest } from '../comparison/comparison-request.ts';
import { measureInProcess } from '../comparison/measure-in-process.ts';
import type { ModelMeasurement } from '../comparison/measure-model.ts';
import { readConfig } from '../config.ts';
import { WarmstartError } from '../errors.ts';
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
  const models = options.models ?? (options.ablation ? ablationModels : modelNames(task));
  for (const model of models) comparedModel(task, model);
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
  const rows = await measureAll(request, models);
  print(comparisonTable(rows));
  const { trainingTasks, testTasks } = rows[0] as ModelMeasurement;
  const what = task === 'USER' ? 'users' : 'scenarios';
  print(`${trainingTasks} ${what} trained, ${testTasks} tested; mean ± 95 % interval over ${seeds} seeds`);
  if (json !== undefined) {
    await writeFile(json, `${JSON.stringify({ task: task.toLowerCase(), data, rows }, null, 2)}\n`);
  }
}

/** One model after another, each in a process of its own. */
async function measureAll(
  request: ComparisonRequest,
  models: readonly string[],
): Promise<ModelMeasurement[]> {
  const abort = new AbortController();
  const unregister = onInterruption(() =>
    abort.abort(new WarmstartError('INTERRUPTED', 'the evaluation was interrupted')),
  );
  const rows: ModelMeasurement[] = [];
  try {
    for (const model of models) {
      const progress = startProgress(model, request.seeds);
      try {
        const onProgress: Parameters<typeof measureInProcess>[1] = (seed, report) => {
          const [done, note] = describeProgress(report);
          progress.update(seed - 1 + done, `seed ${seed}, ${note}`);
        };
        rows.push(await measureInProcess({ request, model }, onProgress, abort.signal));
      } finally {
        progress.stop();
      }
    }
  } finally {
    unregister();
  }
  return rows;
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
