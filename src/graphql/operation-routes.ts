import { type RequestHandler, Router } from 'express';
import type { Logger } from 'pino';
import type { Authenticate } from '../access/authenticate.ts';
import { WarmstartError } from '../errors.ts';
import { platformState } from '../registry/platform-state.ts';
import type { Database } from '../store/database.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { authenticateCaller } from './authenticate-caller.ts';
import type { Drain } from './drain.ts';
import type { RateLimits } from './rate-limits.ts';
import { ReadinessCheck } from './readiness.ts';
import { refuse } from './refusal.ts';

export interface OperationRoutes {
  readonly database: Database;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly drain: Drain;
  readonly rates: RateLimits;
  readonly authenticate: Authenticate;
}

/** What those ask who keep the server running. */
export function operationRoutes(options: OperationRoutes): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => void response.json({ status: 'alive' }));
  router.get('/readyz', readyz(options));
  router.get('/metrics', metricsRoute(options));
  return router;
}

function readyz({ database, logger, drain }: OperationRoutes): RequestHandler {
  const readiness = new ReadinessCheck(database, logger);
  return async (_request, response) => {
    const { ready, ...rest } = drain.draining
      ? { ready: false, missing: ['the server is draining: it is about to stop'] }
      : await readiness.check();
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready', ...rest });
  };
}

function metricsRoute({ database, metrics, rates, authenticate }: OperationRoutes): RequestHandler {
  return async (request, response) => {
    const allowance = rates.admit(request);
    const { role } = await authenticateCaller(authenticate, request.headers.authorization, allowance);
    if (role !== 'ADMIN') {
      const message = 'Authorization: expected the API key of an admin, as in `Bearer …`';
      return refuse(response, new WarmstartError('UNAUTHENTICATED', message));
    }
    const state = await platformState(database).catch((err) => {
      request.log.warn({ err }, 'metrics without what the database knows');
      return undefined;
    });
    response.type(metrics.contentType).send(await metrics.render(state));
  };
}
