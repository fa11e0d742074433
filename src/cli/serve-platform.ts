import type { Logger } from 'pino';
import { type Authenticator, authenticator } from '../access/authenticate.ts';
import { interactionTypeProblem } from '../catalog/interaction-value.ts';
import { atMostOnceAMinute } from '../common/at-most-once-a-minute.ts';
import { WarmstartError } from '../common/errors.ts';
import type { Config } from '../config.ts';
import { ExplanationService } from '../explanation/explanation-service.ts';
import { InteractionWriter } from '../interactions/interaction-writer.ts';
import { LiveCatalog } from '../live-catalog/live-catalog.ts';
import { watchCatalog } from '../live-catalog/watch-catalog.ts';
import { type RunningServer, startServer } from '../server/start-server.ts';
import { RecommendationService } from '../serving/recommendation-service.ts';
import { isConnectionError } from '../store/is-connection-error.ts';
import { traceServing } from '../telemetry/serving-observer.ts';
import type { Store } from './open-store.ts';
import { startEngine } from './start-engine.ts';
import type { Telemetry } from './telemetry.ts';

/**
 * Serves an open store over GraphQL. Closing the server leaves the store open. Throws INVALID_CONFIGURATION if
 * the server cannot listen on the address, or if the catalog has more items than the setting allows.
 */
export async function servePlatform(config: Config, store: Store, telemetry: Telemetry): Promise<RunningServer> {
  const { database, pool } = store;
  const { logger, metrics, tracing } = telemetry;
  const keysFailed = atMostOnceAMinute((err: unknown) =>
    logger.error(
      { err },
      'cannot fetch or use the keys of WARMSTART_JWT_JWKS_URL; requests with tokens of users are UNAVAILABLE',
    ),
  );
  const callers = authenticator(pool, config.endUserTokens, keysFailed);
  const catalog = await openCatalog(config, store, callers, telemetry);
  const recommendations = new RecommendationService({
    ...config,
    ...{ catalog, database, connections: pool, engine: await startEngine(config) },
    observer: traceServing(metrics, tracing, logger),
  });
  const explanations = new ExplanationService();
  const { ratingScale } = config;
  try {
    await recommendations.ready();
    await explanations.warmUp(recommendations.session());
    const interactions = new InteractionWriter(pool);
    const services = {
      database,
      catalog,
      interactions,
      recommendations,
      explanations,
      ratingScale,
      authenticator: callers,
    };
    // Preparing the models may have taken long.
    await catalog.refresh();
    const server = await startServer(services, { ...config, logger, metrics, tracing });
    const watch = watchCatalog(catalog, pool, reportingTo(logger, server));
    return {
      ...server,
      async close() {
        const aborted = await server.close();
        await watch.close();
        // A request that was aborted may still be scoring. The process does not wait for it.
        const closed = recommendations.close();
        if (aborted === 0) await closed;
        return aborted;
      },
    };
  } catch (error) {
    await recommendations.close();
    throw error;
  }
}

async function openCatalog(
  { maxItems, seenBy = [] }: Config,
  { pool }: Store,
  callers: Authenticator,
  { logger, metrics }: Pick<Telemetry, 'logger' | 'metrics'>,
): Promise<LiveCatalog> {
  const warn = atMostOnceAMinute((ignored: object) =>
    logger.warn(ignored, 'a stored feature is ignored, since its value is not of the declared kind'),
  );
  const catalog = await LiveCatalog.open({
    connections: pool,
    maxItems,
    onIgnored(feature) {
      metrics.ignoredFeature();
      warn(feature);
    },
  });
  for (const name of seenBy) {
    const problem = interactionTypeProblem(catalog.types, name);
    if (problem) throw new WarmstartError('INVALID_CONFIGURATION', `WARMSTART_SEEN_BY: ${problem}`);
  }
  catalog.on('keys', () => callers.forget());
  catalog.on('full', () =>
    logger.error(
      { maxItems },
      'the catalog has more items than WARMSTART_MAX_ITEMS; lists are without the rest until the setting is raised and the server is restarted',
    ),
  );
  return catalog;
}

/** The outage of the database has log lines of its own. */
function reportingTo(logger: Logger, { databaseAway }: RunningServer): (error: unknown) => void {
  const report = atMostOnceAMinute((err: unknown) =>
    logger.error({ err }, 'the catalog in memory could not be refreshed'),
  );
  return (err) => (isConnectionError(err) ? databaseAway(err) : report(err));
}
