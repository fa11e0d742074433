import { type RequestHandler, Router } from 'express';
import type { Logger } from 'pino';
import { type Authenticate, rememberingAdmins } from '../access/authenticate.ts';
import { authenticateCaller } from '../access/authenticate-caller.ts';
import type { RateLimits } from '../access/rate-limits.ts';
import { WarmstartError } from '../common/errors.ts';
import type { Drain } from '../http/drain.ts';
import { refuse } from '../http/refusal.ts';
import { answerWithin } from '../store/answer-within.ts';
import type { Database } from '../store/database.ts';
import { isConnectionError } from '../store/is-connection-error.ts';
import type { Metrics, PlatformState } from '../telemetry/metrics.ts';
import type { DatabaseOutage } from './database-outage.ts';
import { platformState } from './platform-state.ts';
import { patienceMilliseconds, ReadinessCheck } from './readiness.ts';

export interface OperationRoutes {
  readonly database: Database;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly outage: DatabaseOutage;
  readonly drain: Drain;
  readonly rates: RateLimits;
  readonly authenticate: Authenticate;
}

/** Returns the routes for operators: probes and metrics. */
export function operationRoutes(options: OperationRoutes): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => void response.json({ status: 'alive' }));
  router.get('/readyz', readyz(options));
  router.get('/metrics', metricsRoute(options));
  return router;
}

function readyz({ database, logger, outage, drain }: OperationRoutes): RequestHandler {
  const readiness = new ReadinessCheck(database, logger, outage);
  return async (_request, response) => {
    const { ready, ...rest } = drain.draining
      ? { ready: false, missing: ['the server is stopping and draining the requests in progress'] }
      : await readiness.check();
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready', ...rest });
  };
}

function metricsRoute(options: OperationRoutes): RequestHandler {
  const { metrics, outage, rates } = options;
  const authenticate = rememberingAdmins(options.authenticate);
  return async (request, response) => {
    const { authorization } = request.headers;
    const allowance = rates.admit(request.ip, authorization);
    const caller = await authenticateCaller(authenticate, authorization, allowance).catch((error) => {
      if (isConnectionError(error.cause)) outage.noticed(error.cause);
      throw error;
    });
    if (caller.role !== 'ADMIN') {
      const message = 'Authorization: expected the API key of an admin; send it as `Authorization: Bearer …`';
      return refuse(response, new WarmstartError('UNAUTHENTICATED', message));
    }
    const state = await stateOrNothing(options, request.log);
    response.type(metrics.contentType).send(await metrics.render(state));
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
