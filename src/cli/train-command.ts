import { Command } from 'commander';
import { WarmstartError } from '../common/errors.ts';
import { type Config, readConfig } from '../config.ts';
import { metricTitle } from '../evaluation/metrics.ts';
import { type ModelTrainingReport, type ModelTrainingRequest, trainModel } from '../pipeline/train-model.ts';
import { onInterruption } from '../processes/process-lifetime.ts';
import { yieldToServers } from '../processes/yield-to-servers.ts';
import { areOfLists, evaluationOf, type ListMeasurement } from '../registry/version-evaluation.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { checkTasks, historyOf } from '../training/training-recipe.ts';
import { positiveInteger } from './arguments.ts';
import { openStore, type Store } from './open-store.ts';
import { addRecipeOptions, type RecipeOptions, recipeOf } from './recipe-options.ts';
import { startEngine } from './start-engine.ts';
import { describeProgress, print, startProgress } from './terminal.ts';
import { versionListsTable } from './version-lists-table.ts';
import { warnOfRatingScale } from './warn-of-rating-scale.ts';

type TrainCommandOptions = RecipeOptions & { readonly users?: number };

export function trainCommand(): Command {
  const command = new Command('train').description(
    'train a model on the stored interactions; it becomes active unless it is worse than the active version, popularity or item-kNN',
  );
  return addRecipeOptions(command)
    .option('--users <n>', 'train on a random sample of at most this many users', positiveInteger)
    .action(async (options: TrainCommandOptions) => {
      const config = readConfig(process.env);
      const { taskKind, recipe } = recipeOf(options);
      // Reports a wrong recipe before the database is opened, which can take seconds.
      checkTasks(taskKind, recipe);
      const store = await openStore(config);
      yieldToServers();
      try {
        await warnOfRatingScale(store.database, config);
        const request = { taskKind, recipe, maxUsers: options.users };
        const report = await trainWithProgress(config, store, request).catch(async (error) => {
          throw await withWayOut(error, store, request);
        });
        printTraining(report, options.users);
      } finally {
        await store.close();
      }
    });
}

/** Adds to an error about missing data that the default objective needs no ratings, if there are none. */
async function withWayOut(error: unknown, { database }: Store, { recipe }: ModelTrainingRequest): Promise<unknown> {
  const readsRatings = recipe.kind === 'cmml' && historyOf(recipe) === 'ratings';
  if (!(error instanceof WarmstartError) || error.code !== 'INVALID_DATA' || !readsRatings) return error;
  if (await database.interaction.findFirst({ where: { type: 'RATE' }, select: { id: true } })) return error;
  const wayOut = 'no ratings are stored; leave out --objective to learn from every type of interaction';
  return new WarmstartError('INVALID_DATA', `${error.message}; ${wayOut}`, { cause: error });
}

/** Trains a model and shows a progress bar. */
export async function trainWithProgress(
  config: Config,
  { database, pool }: Store,
  request: ModelTrainingRequest,
): Promise<ModelTrainingReport> {
  const engine = await startEngine(config);
  const progress = startProgress('training', 1);
  const abort = new AbortController();
  const unregister = onInterruption(() =>
    abort.abort(new WarmstartError('INTERRUPTED', 'the training was interrupted')),
  );
  try {
    return await trainModel(
      { database, pool, engine, ratingScale: config.ratingScale },
      {
        ...request,
        promotionMargin: config.promotionMargin,
        signal: abort.signal,
        onProgress: (report) => progress.update(...describeProgress(report)),
      },
    );
  } finally {
    unregister();
    progress.stop();
  }
}

/** How the report describes the tasks, and the support set that the model adapts to. */
const words: Record<TaskKind, { tasks: string; measured: string; support: string }> = {
  USER: { tasks: 'users', measured: 'held-out users', support: 'their interactions' },
  SCENARIO: {
    tasks: 'scenarios',
    measured: 'held-out scenarios (before the final training, which includes them)',
    support: 'the interactions of other users',
  },
};

/** Prints a training that read at most `maxUsers` users. */
export function printTraining(report: ModelTrainingReport, maxUsers = Infinity): void {
  const { taskKind, version, trainedTasks, heldOutTasks, eligibleTasks, epochs } = report;
  const { tasks, measured, support } = words[taskKind];
  // In a training of scenarios, only the interactions are those of a sample: every scenario is read.
  const of = taskKind === 'USER' && maxUsers < eligibleTasks ? `a sample of ${trainedTasks}` : `${trainedTasks}`;
  print(
    `model version ${version.id} (${version.kind}): trained on ${of} of ${eligibleTasks} ${tasks} with enough interactions, ${epochs} epochs`,
  );
  const lists = heldOutTasks > 0 ? evaluationOf(version)?.lists : undefined;
  if (!areOfLists(report.metrics)) {
    print(`on ${heldOutTasks} ${measured}, adapted to ${support}: ${metricsLine(report.metrics)}`);
    print(`on the same ${tasks}, without adaptation: ${metricsLine(report.metricsUnadapted)}`);
  }
  if (lists) printLists(lists, version.servesFrom);
  const { promoted, reason } = report.decision;
  print(`${promoted ? 'active from now on' : 'stored, not active'}: ${reason}`);
}

function printLists(lists: readonly ListMeasurement[], servesFrom: number | null): void {
  print(`lists of ${lists[0]?.users} held-out users, by the number of interactions shown:`);
  for (const line of versionListsTable(lists)) print(line);
  if (servesFrom !== null) print(servedUsers(servesFrom));
}

/** The metrics that are printed. */
const printedMetrics = ['mae', 'ndcg3', 'recall10', 'recall50'] as const;

function metricsLine(metrics: ModelTrainingReport['metrics']): string {
  const parts = printedMetrics
    .filter((name) => metrics[name] !== undefined)
    .map((name) => `${metricTitle(name)} ${metrics[name]?.toFixed(3)}`);
  return parts.join(', ') || 'not measured, too few tasks';
}

function servedUsers(servesFrom: number): string {
  if (servesFrom === 0) return 'makes lists for all users, also without interactions';
  return `makes lists for users with at least ${servesFrom} ${servesFrom === 1 ? 'interaction' : 'interactions'}`;
}
