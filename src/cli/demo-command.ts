import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { createApiKey } from '../access/api-keys.ts';
import { type Config, readConfig } from '../config.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { openMovieLens } from '../datasets/mapping/open-movielens.ts';
import { syntheticDataset } from '../datasets/synthetic/synthetic-dataset.ts';
import { untilInterrupted } from '../processes/process-lifetime.ts';
import type { Database } from '../store/database.ts';
import { recipeFor } from '../training/recipe-for.ts';
import { loadWithProgress, printReport } from './import-command.ts';
import { openMappedFiles } from './mapping-file.ts';
import { openStore } from './open-store.ts';
import { servePlatform } from './serve-platform.ts';
import { curlCommand, showAdaptation } from './show-adaptation.ts';
import { openTelemetry } from './telemetry.ts';
import { print } from './terminal.ts';
import { printTraining, trainWithProgress } from './train-command.ts';
import { startTrainingService } from './training-service.ts';

interface DemoOptions {
  readonly data?: string;
  readonly map?: string;
  readonly exit: boolean;
}

/** The demo has a database of its own, so that it never touches real data. */
const scratch = 'warmstart_demo';
/** Limits the training to about twenty seconds on one core. */
const maxUsers = 2000;
const userTraining = { taskKind: 'USER', recipe: recipeFor('USER', {}), maxUsers } as const;
const rejectsFile = join(tmpdir(), `warmstart-demo-rejects-${process.pid}.csv`);

export function demoCommand(): Command {
  return new Command('demo')
    .description('load sample data, train a model, serve it, and show how three ratings change a list')
    .option('--data <path>', 'load this MovieLens folder, or with --map any file or folder, instead of synthetic data')
    .option('--map <file>', 'what the columns of the files mean; import inspect writes a mapping')
    .option('--exit', 'stop after printing the lists; by default the demo keeps serving', false)
    .action(runDemo);
}

async function runDemo({ data, map, exit }: DemoOptions): Promise<void> {
  const config = readConfig(process.env);
  const dataset = await openData(config, data, map);
  // At level info, a log line for each request would appear in the middle of the demo's output.
  const telemetry = await openTelemetry({ ...config, logLevel: 'warn' });
  const store = await openStore(config, { scratch });
  try {
    // The server starts first, so that the demo fails at once if the port is taken. It serves popular items for now.
    const server = await servePlatform(config, store, telemetry);
    try {
      print(`${dataset.title} → ${store.place}`);
      const started = performance.now();
      const load = await loadWithProgress(store.pool, dataset, config, {
        ...{ strict: false, dryRun: false, createMissing: false },
        rejects: rejectsFile,
      });
      printReport(load, (performance.now() - started) / 1000);
      printTraining(await trainWithProgress(config, store, userTraining), maxUsers);
      const keys = await createKeys(store.database);
      const access = { url: server.url, apiKey: keys.client };
      await showAdaptation(store.database, access);
      print(`\nAPI keys of this demo: ${keys.client} (client), ${keys.admin} (admin).`);
      if (exit) return;
      print(`The demo serves GraphQL on ${server.url} until you press Ctrl+C. Try:`);
      print(`  ${curlCommand(access)}`);
      // The worker runs the trainings that an admin starts; it must use the demo's database.
      const settings = { DATABASE_URL: store.url, WARMSTART_LOG_LEVEL: 'warn' };
      const trainings = startTrainingService(store, telemetry.logger, { worker: true, settings });
      await untilInterrupted();
      await trainings.stop();
    } finally {
      await server.close();
    }
  } finally {
    await Promise.allSettled([telemetry.tracing.close(), store.close()]);
  }
}

async function openData({ ratingScale }: Config, data?: string, map?: string): Promise<Dataset> {
  if (data === undefined) return syntheticDataset();
  return map === undefined ? openMovieLens(data, ratingScale) : openMappedFiles([data], map, ratingScale);
}

async function createKeys(database: Database): Promise<{ client: string; admin: string }> {
  const client = await createApiKey(database, { name: 'demonstration', role: 'CLIENT' });
  const admin = await createApiKey(database, { name: 'demonstration', role: 'ADMIN' });
  return { client: client.secret, admin: admin.secret };
}
