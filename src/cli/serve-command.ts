import { setTimeout } from 'node:timers';
import { Command } from 'commander';
import type { Logger } from 'pino';
import { hasUsableApiKey } from '../access/api-keys.ts';
import { type Config, readConfig } from '../config.ts';
import { openStore } from './open-store.ts';
import { endOnUncaughtError, untilInterrupted } from './process-lifetime.ts';
import { servePlatform } from './serve-platform.ts';
import { startTrainingService } from './supervise-worker.ts';
import { openTelemetry } from './telemetry.ts';
import { print } from './terminal.ts';

/** Maximum time that a response waits for one SQL statement. */
const statementMilliseconds = 30_000;

/**
 * Maximum time from the end of the drain to the end of the process. The worker and the embedded PostgreSQL stop
 * within it; a database that does not respond is not waited for any longer.
 */
const afterDrainMilliseconds = 20_000;

/** Maximum time from the end of the command to the end of the process if traces are exported. */
const lingerMilliseconds = 100;

/** Maximum time to end after requests were aborted. Their work in the database is not waited for. */
const endMilliseconds = 2000;

const howToMakeAKey =
  'There is no API key yet. Without a key, only users with tokens can send requests. Create one: npm run -s cli -- keys create --name NAME --role admin';

export function serveCommand(): Command {
  return new Command('serve')
    .description('serve the GraphQL API and run a worker for training runs')
    .option('--no-worker', 'do not start a worker; training runs wait until a worker runs elsewhere')
    .action(async ({ worker }: { worker: boolean }) => {
      const config = readConfig(process.env);
      const telemetry = await openTelemetry(config);
      const { logger, tracing, observeStatement } = telemetry;
      const store = await openStore(config, { observeStatement, statementMilliseconds, setsPositives: true });
      endOnUncaughtError(logger, () => store.close());
      try {
        const server = await servePlatform(config, store, telemetry);
        const trainings = startTrainingService(store, logger, { worker });
        if (!(await hasUsableApiKey(store.database))) print(howToMakeAKey);
        print(`${store.place}\nGraphQL on ${server.url}`);
        await untilInterrupted();
        logger.info(`stopping: draining for at most ${config.drainSeconds} s`);
        endInTime(config, logger);
        const [aborted] = await Promise.all([server.close(), trainings.stop()]);
        if (aborted > 0) {
          logger.warn({ requests: aborted }, 'aborted requests that were still running at the end of the drain');
          setTimeout(() => process.exit(0), endMilliseconds).unref();
        }
      } finally {
        await Promise.allSettled([tracing.close(), store.close()]);
        // The exporter retries for seconds if the collector does not respond. Only the end of the process stops it.
        if (config.tracesEndpoint !== undefined) setTimeout(() => process.exit(), lingerMilliseconds).unref();
      }
    });
}

function endInTime({ drainSeconds }: Config, logger: Logger): void {
  setTimeout(
    () => {
      logger.error('the process did not stop in time; ending it now');
      process.exit(1);
    },
    drainSeconds * 1000 + afterDrainMilliseconds,
  ).unref();
}
