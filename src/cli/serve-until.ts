import { setTimeout } from 'node:timers';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { endOnUncaughtError } from '../processes/process-lifetime.ts';
import type { Store } from './open-store.ts';
import { servePlatform } from './serve-platform.ts';
import type { Telemetry } from './telemetry.ts';

/** Maximum time that a response waits for one SQL statement. */
export const statementMilliseconds = 30_000;
/** After this time without any answer, statements fail at once. */
export const silentMilliseconds = 2000;

/**
 * Maximum time from the end of the drain to the end of the process. The worker and the embedded PostgreSQL stop
 * within it; a database that does not respond is not waited for any longer.
 */
const afterDrainMilliseconds = 20_000;

/** Maximum time from the end of the command to the end of the process if traces are exported. */
const lingerMilliseconds = 100;

/** Maximum time to end after requests were aborted. Their work in the database is not waited for. */
const endMilliseconds = 2000;

export interface Served {
  readonly config: Config;
  readonly store: Store;
  readonly telemetry: Telemetry;
}

export interface Service {
  stop(): Promise<void>;
}

/**
 * Serves until `stopped` resolves, then drains and closes the store. `beside` is called when the server listens, and
 * starts what runs beside it.
 */
export async function serveUntil(
  stopped: () => Promise<unknown>,
  { config, store, telemetry }: Served,
  beside: (url: string) => Promise<Service>,
): Promise<void> {
  const { logger, tracing } = telemetry;
  endOnUncaughtError(logger, () => store.close());
  try {
    const server = await servePlatform(config, store, telemetry);
    const service = await beside(server.url);
    await stopped();
    endInTime(config, logger);
    const [aborted] = await Promise.all([server.close(), service.stop()]);
    if (aborted > 0) {
      logger.warn({ requests: aborted }, 'aborted requests that were still running at the end of the drain');
      setTimeout(() => process.exit(0), endMilliseconds).unref();
    }
  } finally {
    await Promise.allSettled([tracing.close(), store.close()]);
    // The exporter retries for seconds if the collector does not respond. Only the end of the process stops it.
    if (config.tracesEndpoint !== undefined) setTimeout(() => process.exit(), lingerMilliseconds).unref();
  }
}

/** Ends the process with status 1 if it has not stopped a while after the longest drain. */
export function endInTime({ drainSeconds }: Config, logger: Logger): void {
  logger.info(`stopping: draining for at most ${drainSeconds} s`);
  setTimeout(
    () => {
      logger.error('the process did not stop in time; ending it now');
      process.exit(1);
    },
    drainSeconds * 1000 + afterDrainMilliseconds,
  ).unref();
}
