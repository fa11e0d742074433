import { Command } from 'commander';
import { WarmstartError } from '../common/errors.ts';
import { type Config, readConfig } from '../config.ts';
import { type ModelTrainingReport, type ModelTrainingRequest, trainModel } from '../pipeline/train-model.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { checkEpisodes, checkRecipe } from '../training/check-recipe.ts';
import { describeProgress } from './describe-progress.ts';
import { positiveInteger } from './integer-argument.ts';
import { onInterruption } from './interruption.ts';
import { openStore, type Store } from './open-store.ts';
import { print } from './print.ts';
import { startProgress } from './progress.ts';
import { addRecipeOptions, type RecipeOptions, recipeOf } from './recipe-options.ts';
import { startEngine } from './start-engine.ts';

type TrainCommandOptions = RecipeOptions & { readonly users?: number };

export function trainCommand(): Command {
  const command = new Command('train').description(
    'train a model on the stored interactions and, unless it is worse than the one that serves, serve with it from then on',
  );
  return addRecipeOptions(command)
    .option('--users <n>', 'train on a random sample of at most this many users', positiveInteger)
    .action(async (options: TrainCommandOptions) => {
      const config = readConfig(process.env);
      const { taskKind, recipe } = recipeOf(options);
      // Before the database is opened, so that nobody waits for it in vain.
      checkEpisodes(taskKind, checkRecipe(recipe));
      const store = await openStore(config);
      try {
        printTraining(await trainWithProgress(config, store, { taskKind, recipe, maxUsers: options.users }));
      } finally {
        await store.close();
      }
    });
}

/** Trains under a progress bar. */
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
      { database, pool, engine },
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

/** What the tasks are called, and what a model is shown of those held out. */
const words: Record<TaskKind, { tasks: string; heldOut: string; shown: string; nothing: string }> = {
  USER: {
    tasks: 'users',
    heldOut: 'held out',
    shown: 'their interactions',
    nothing: 'they done nothing',
  },
  SCENARIO: {
    tasks: 'scenarios',
    heldOut: 'held out of a first training',
    shown: 'what others did in them',
    nothing: 'nobody done anything in them',
  },
};

export function printTraining(report: ModelTrainingReport): void {
  const { taskKind, version, trainedTasks, heldOutTasks, eligibleTasks, epochs } = report;
  const { tasks, heldOut, shown, nothing } = words[taskKind];
  const of = trainedTasks + heldOutTasks < eligibleTasks ? `a sample of ${trainedTasks}` : `${trainedTasks}`;
  print(
    `model version ${version.id} (${version.kind}): trained on ${of} of ${eligibleTasks} ${tasks} with enough interactions, ${epochs} epochs`,
  );
  print(`on ${heldOutTasks} ${tasks} ${heldOut}, adapted to ${shown}: ${metricsLine(report.metrics)}`);
  print(`on the same, had ${nothing}: ${metricsLine(report.metricsUnadapted)}`);
  const { promoted, reason } = report.decision;
  print(`${promoted ? 'serves from now on' : 'stored, but does not serve'}: ${reason}`);
}

/** Of what can be measured that which is printed, by what it is called. */
const printed = { mae: 'MAE', ndcg3: 'NDCG@3', recall10: 'Recall@10', recall50: 'Recall@50' };

function metricsLine(metrics: ModelTrainingReport['metrics']): string {
  const parts = Object.entries(printed)
    .filter(([name]) => metrics[name] !== undefined)
    .map(([name, title]) => `${title} ${metrics[name]?.toFixed(3)}`);
  return parts.join(', ') || 'too few to measure';
}
