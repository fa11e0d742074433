import type { Logger } from 'pino';
import type { Authenticate } from '../access/authenticate.ts';
import { authenticateCaller } from '../access/authenticate-caller.ts';
import type { RateLimits } from '../access/rate-limits.ts';
import { WarmstartError } from '../common/errors.ts';
import type { Drain } from '../http/drain.ts';
import type { Answer, HttpApp } from '../http/http-app.ts';
import { refuse } from '../http/refusal.ts';
import { answerWithin } from '../store/answer-within.ts';
import type { Database } from '../store/database.ts';
import { isConnectionError } from '../store/is-connection-error.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { PlatformState } from '../telemetry/platform-metrics.ts';
import type { DatabaseOutage } from './database-outage.ts';
import { platformState } from './platform-state.ts';
import { patienceMilliseconds, ReadinessCheck, type RefusedVersions } from './readiness.ts';

export interface OperationRoutes {
  readonly database: Database;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly outage: DatabaseOutage;
  readonly drain: Drain;
  readonly rates: RateLimits;
  readonly authenticate: Authenticate;
  readonly refused: RefusedVersions;
}

/** Returns the routes for operators: probes and metrics. */
export function operationRoutes(options: OperationRoutes): HttpApp['operation'] {
  return {
    '/healthz': (exchange) => exchange.send(200, JSON.stringify({ status: 'alive' })),
    '/readyz': readyz(options),
    '/metrics': metricsRoute(options),
  };
}

function readyz({ database, logger, outage, drain, refused }: OperationRoutes): Answer {
  const readiness = new ReadinessCheck(database, logger, outage, refused);
  return async (exchange) => {
    const { ready, ...rest } = drain.draining
      ? { ready: false, missing: ['the server is stopping and draining the requests in progress'] }
      : await readiness.check();
    exchange.send(ready ? 200 : 503, JSON.stringify({ status: ready ? 'ready' : 'not ready', ...rest }));
  };
}

function metricsRoute(options: OperationRoutes): Answer {
  const { metrics, outage, rates, authenticate } = options;
  return async (exchange) => {
    const { authorization } = exchange.request.headers;
    const allowance = rates.admit(exchange.address, authorization);
    const caller = await authenticateCaller(authenticate, authorization, allowance).catch((error) => {
      if (isConnectionError(error.cause)) outage.noticed(error.cause);
      throw error;
    });
    if (caller.role !== 'ADMIN') {
      const message = 'Authorization: expected the API key of an admin; send it as `Authorization: Bearer …`';
      return refuse(exchange, new WarmstartError('UNAUTHENTICATED', message));
    }
    const state = await stateOrNothing(options, exchange.log);
    exchange.send(200, await metrics.render(state), { 'content-type': metrics.contentType });
  };
}

/** Returns the state that the database stores; `undefined` if it does not answer in time. */
async function stateOrNothing({ database, outage }: OperationRoutes, log: Logger): Promise<PlatformState | undefined> {
  try {
    return await answerWithin(patienceMilliseconds, platformState(database));
  } catch (err) {
    if (isConnectionError(err)) outage.noticed(err);
    else log.warn({ err }, 'cannot read the metrics that come from the database; /metrics omits them');
    return undefined;
  }
}
