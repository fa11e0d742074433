import { setTimeout } from 'node:timers';
import { Command } from 'commander';
import type { Logger } from 'pino';
import { hasUsableApiKey } from '../access/api-keys.ts';
import { authenticator } from '../access/authenticate.ts';
import { type Config, readConfig } from '../config.ts';
import { ExplanationService } from '../explanation/explanation-service.ts';
import { type GraphQLServer, startServer } from '../graphql/server.ts';
import { RecommendationService } from '../serving/recommendation-service.ts';
import { traceServing } from '../telemetry/serving-observer.ts';
import { endOnFault } from './end-on-fault.ts';
import { onInterruption } from './interruption.ts';
import { keepTrainings } from './keep-trainings.ts';
import { openStore, type Store } from './open-store.ts';
import { print } from './print.ts';
import { startEngine } from './start-engine.ts';
import { openTelemetry, type Telemetry } from './telemetry.ts';

/** Most that an answer waits for one statement of the database. */
const statementMilliseconds = 30_000;

/** Longest time to end in once the drain is over: a worker and the embedded PostgreSQL have it, and a database that is silent has no more. */
const afterDrainMilliseconds = 20_000;

/** Longest time to end in once traces were given up. */
const lingerMilliseconds = 100;

/** Longest time to end in once requests were broken off: what they still do in the database is not waited for. */
const endMilliseconds = 2000;

const howToMakeAKey =
  'There is no API key yet, and without one nobody is answered but users with tokens. Make one: npm run -s cli -- keys create --name NAME --role admin';

export function serveCommand(): Command {
  return new Command('serve')
    .description('serve the GraphQL API, with a worker beside it for trainings')
    .option('--no-worker', 'start no worker; trainings wait until one runs elsewhere')
    .action(async ({ worker }: { worker: boolean }) => {
      const config = readConfig(process.env);
      const telemetry = await openTelemetry(config);
      const { logger, tracing, observeStatement } = telemetry;
      const store = await openStore(config, { observeStatement, statementMilliseconds });
      endOnFault(logger, () => store.close());
      try {
        const server = await servePlatform(config, store, telemetry);
        const trainings = keepTrainings(store, logger, { worker });
        if (!(await hasUsableApiKey(store.database))) print(howToMakeAKey);
        print(`${store.place}\nGraphQL on ${server.url}`);
        await untilInterrupted();
        logger.info(`asked to stop: draining for at most ${config.drainSeconds} s`);
        endInTime(config, logger);
        const [brokenOff] = await Promise.all([server.close(), trainings.stop()]);
        if (brokenOff > 0) {
          logger.warn(
            { requests: brokenOff },
            'requests were broken off: they took longer than the drain may',
          );
          setTimeout(() => process.exit(0), endMilliseconds).unref();
        }
      } finally {
        await Promise.allSettled([tracing.close(), store.close()]);
        // A collector that does not answer is asked again for seconds, which nothing can end but the process.
        if (config.tracesEndpoint !== undefined) setTimeout(() => process.exit(), lingerMilliseconds).unref();
      }
    });
}

/**
 * Serves an open store. Closing the server leaves the store open.
 * Throws INVALID_CONFIGURATION when the address cannot be listened on.
 */
export async function servePlatform(
  config: Config,
  { database }: Store,
  { logger, metrics, tracing }: Telemetry,
): Promise<GraphQLServer> {
  const engine = await startEngine(config);
  const { candidates, comparedItems, cachedItems, host, port, introspection, ratingScale, limits } = config;
  const { trustedProxies, corsOrigins, drainSeconds } = config;
  const authenticate = authenticator(database, config.endUserTokens);
  const observer = traceServing(metrics, tracing);
  const recommendations = new RecommendationService({
    database,
    engine,
    candidates,
    comparedItems,
    cachedItems,
    ratingScale,
    observer,
  });
  const explanations = new ExplanationService();
  try {
    await recommendations.warmUp();
    await explanations.warmUp(recommendations.session());
    const server = await startServer(
      { database, recommendations, explanations, ratingScale },
      {
        ...{
          host,
          port,
          introspection,
          logger,
          limits,
          trustedProxies,
          corsOrigins,
          drainSeconds,
          metrics,
          tracing,
        },
        authenticate,
      },
    );
    return {
      url: server.url,
      async close() {
        const brokenOff = await server.close();
        // A request that was broken off may still be scoring.
        if (brokenOff === 0) await recommendations.close();
        return brokenOff;
      },
    };
  } catch (error) {
    await recommendations.close();
    throw error;
  }
}

function endInTime({ drainSeconds }: Config, logger: Logger): void {
  setTimeout(
    () => {
      logger.error('not everything ended in time: the process ends without it');
      process.exit(1);
    },
    drainSeconds * 1000 + afterDrainMilliseconds,
  ).unref();
}

/** Resolves when the process is asked to stop. */
export function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => onInterruption(resolve));
}
