import cluster from 'node:cluster';
import { Command } from 'commander';
import { type Config, readConfig } from '../config.ts';
import { announce } from './announce.ts';
import { processCount } from './arguments.ts';
import { openStore } from './open-store.ts';
import { untilInterrupted } from './process-lifetime.ts';
import { serveForPrimary } from './serve-for-primary.ts';
import { serveInProcesses } from './serve-in-processes.ts';
import { serveUntil, statementMilliseconds } from './serve-until.ts';
import { startTrainingService } from './supervise-worker.ts';
import { openTelemetry } from './telemetry.ts';

interface ServeOptions {
  readonly worker: boolean;
  readonly processes: number;
}

export function serveCommand(): Command {
  return new Command('serve')
    .description('serve the GraphQL API and run a worker for training runs')
    .option('--no-worker', 'do not start a worker; training runs wait until a worker runs elsewhere')
    .option(
      '--processes <number>',
      'server processes that share the port; max: one for each core. Each keeps the catalog in its own memory',
      processCount,
      1,
    )
    .action(async ({ worker, processes }: ServeOptions) => {
      const config = readConfig(process.env);
      if (cluster.isWorker) return serveForPrimary(config);
      if (processes > 1) return serveInProcesses(config, { worker, processes });
      return serveAlone(config, worker);
    });
}

async function serveAlone(config: Config, worker: boolean): Promise<void> {
  const telemetry = await openTelemetry(config);
  const { logger, observeStatement } = telemetry;
  const store = await openStore(config, { observeStatement, statementMilliseconds, setsPositives: true });
  await serveUntil(untilInterrupted, { config, store, telemetry }, async (url) => {
    const trainings = startTrainingService(store, logger, { worker });
    await announce(store, url);
    return trainings;
  });
}
