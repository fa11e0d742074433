import cluster from 'node:cluster';
import { Command } from 'commander';
import { hasUsableApiKey } from '../access/api-keys.ts';
import { WarmstartError } from '../common/errors.ts';
import { type Config, readConfig } from '../config.ts';
import { checkConnections, maxConnectionsFor } from '../processes/check-connections.ts';
import { PrimaryProcess } from '../processes/primary-process.ts';
import { endOnUncaughtError, untilInterrupted } from '../processes/process-lifetime.ts';
import { ServerProcesses } from '../processes/server-processes.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { processCount } from './arguments.ts';
import { openStore, type Store } from './open-store.ts';
import { endInTime, serveUntil, silentMilliseconds, statementMilliseconds } from './serve-until.ts';
import { openLog, openTelemetry } from './telemetry.ts';
import { print } from './terminal.ts';
import { startTrainingService } from './training-service.ts';

interface ServeOptions {
  /** Whether to run a worker beside the servers. */
  readonly worker: boolean;
  /** Number of server processes. With 1, this process serves, and no other is started. */
  readonly processes: number;
}

const howToMakeAKey =
  'There is no API key yet. Without a key, only users with tokens can send requests. Create one: npm run -s cli -- keys create --name NAME --role admin';

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
    .action(async (options: ServeOptions) => {
      const config = readConfig(process.env);
      if (cluster.isWorker) return serveForPrimary(config);
      if (options.processes > 1) return runPrimary(config, options);
      return serveAlone(config, options);
    });
}

async function serveAlone(config: Config, { worker }: ServeOptions): Promise<void> {
  const telemetry = await openTelemetry(config);
  const { logger, observeStatement } = telemetry;
  const store = await openStore(config, {
    observeStatement,
    statementMilliseconds,
    silentMilliseconds,
    setsPositives: true,
    waiting: (message) => logger.warn(message),
  });
  await serveUntil(untilInterrupted, { config, store, telemetry }, async (url) => {
    const trainings = startTrainingService(store, logger, { worker });
    await announce(store, url);
    return trainings;
  });
}

/**
 * Prepares the database, and runs several server processes and one worker on it until the process is interrupted. This
 * process answers no requests. Throws INVALID_CONFIGURATION if a server process ends before all of them listen.
 */
async function runPrimary(config: Config, { processes, worker }: ServeOptions): Promise<void> {
  const logger = openLog(config);
  const connections = maxConnectionsFor(processes);
  const waiting = (message: string) => logger.warn(message);
  const store = await openStore(config, { statementMilliseconds, setsPositives: true, connections, waiting });
  endOnUncaughtError(logger, () => store.close());
  try {
    await checkConnections(store.pool, processes);
    const servers = new ServerProcesses(processes, logger, { DATABASE_URL: store.url });
    try {
      const url = await servers.listening;
      const trainings = startTrainingService(store, logger, { worker });
      await announce(store, url);
      await untilInterrupted();
      endInTime(config, logger);
      const [endedWell] = await Promise.all([servers.stop(), trainings.stop()]);
      if (!endedWell) process.exitCode = 1;
    } finally {
      await servers.kill();
    }
  } finally {
    await store.close();
  }
}

/**
 * Serves as one of several processes. The primary process has prepared the database, whose URL it passed on, and tells
 * this process when to stop. Why the server cannot start is reported to it, so that it is printed once.
 */
async function serveForPrimary(config: Config): Promise<void> {
  const metrics: Metrics = new Metrics(() => primary.gather());
  const primary = new PrimaryProcess(() => metrics.snapshot());
  try {
    const telemetry = await openTelemetry(config, metrics);
    const { observeStatement } = telemetry;
    const store = await openStore(config, {
      observeStatement,
      statementMilliseconds,
      silentMilliseconds,
      migrates: false,
    });
    const stopped = () => Promise.race([untilInterrupted(), primary.stop]);
    await serveUntil(stopped, { config, store, telemetry }, async (url) => {
      await primary.tell({ kind: 'listening', url });
      return { stop: async () => {} };
    });
  } catch (error) {
    if (!(error instanceof WarmstartError)) throw error;
    await primary.tell({ kind: 'failed', message: error.message });
    process.exitCode = 1;
  } finally {
    primary.leave();
  }
}

/** Prints where the data is and where the API is. */
async function announce({ database, place }: Store, url: string): Promise<void> {
  if (!(await hasUsableApiKey(database))) print(howToMakeAKey);
  print(`${place}\nGraphQL on ${url}`);
}
