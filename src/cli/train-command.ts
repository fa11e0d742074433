import { Command } from 'commander';
import { type Config, readConfig } from '../config.ts';
import { WarmstartError } from '../errors.ts';
import {
  trainUserModel,
  type UserTrainingReport,
  type UserTrainingRequest,
} from '../jobs/train-user-model.ts';
import { describeProgress } from './describe-progress.ts';
import { integer, positiveInteger } from './integer-argument.ts';
import { onInterruption } from './interruption.ts';
import { openStore, type Store } from './open-store.ts';
import { print } from './print.ts';
import { startProgress } from './progress.ts';
import { startEngine } from './start-engine.ts';

interface TrainCommandOptions {
  readonly epochs?: number;
  readonly users?: number;
  readonly seed: number;
}

export function trainCommand(): Command {
  return new Command('train')
    .description('train a CMML model on the stored ratings and serve with it from then on')
    .option('--epochs <n>', 'most passes over the training users', positiveInteger)
    .option('--users <n>', 'train on a random sample of at most this many users', positiveInteger)
    .option('--seed <n>', 'determines everything random', integer, 1)
    .action(async ({ epochs, users, seed }: TrainCommandOptions) => {
      const config = readConfig(process.env);
      const store = await openStore(config);
      try {
        const options = { seed, ...(epochs !== undefined && { epochs }) };
        printTraining(await trainWithProgress(config, store, { kind: 'cmml', options, mostUsers: users }));
      } finally {
        await store.close();
      }
    });
}

/** Trains under a progress bar. */
export async function trainWithProgress(
  config: Config,
  { database }: Store,
  request: UserTrainingRequest,
): Promise<UserTrainingReport> {
  const engine = await startEngine(config);
  const progress = startProgress('training', 1);
  const abort = new AbortController();
  const unregister = onInterruption(() =>
    abort.abort(new WarmstartError('INTERRUPTED', 'the training was interrupted')),
  );
  try {
    return await trainUserModel(
      { database, engine },
      {
        ...request,
        signal: abort.signal,
        onProgress: (report) => progress.update(...describeProgress(report)),
      },
    );
  } finally {
    unregister();
    progress.stop();
  }
}

export function printTraining({
  version,
  metrics,
  metricsWithoutRatings,
  trainedUsers,
  heldOutUsers,
  eligibleUsers,
  epochs,
}: UserTrainingReport): void {
  const of = trainedUsers + heldOutUsers < eligibleUsers ? `a sample of ${trainedUsers}` : `${trainedUsers}`;
  print(
    `model version ${version.id} (${version.kind}): trained on ${of} of ${eligibleUsers} users with enough ratings, ${epochs} epochs`,
  );
  print(`on ${heldOutUsers} users held out, adapted to their ratings: ${metricsLine(metrics)}`);
  print(`on the same, had they rated nothing: ${metricsLine(metricsWithoutRatings)}`);
}

function metricsLine({ mae, ndcg3 }: UserTrainingReport['metrics']): string {
  return mae === undefined || ndcg3 === undefined
    ? 'too few to measure'
    : `MAE ${mae.toFixed(3)}, NDCG@3 ${ndcg3.toFixed(3)}`;
}
