import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import type { Limits } from '../access/limits.ts';
import { RateLimits } from '../access/rate-limits.ts';
import { WarmstartError } from '../common/errors.ts';
import { createApolloServer } from '../graphql/apollo-server.ts';
import { createContext, type RequestContext, type Services } from '../graphql/request-context.ts';
import { Drain } from '../http/drain.ts';
import { httpApp } from '../http/http-app.ts';
import type { RequestLocals } from '../http/request-log.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { noTracing, type Tracing } from '../telemetry/tracing.ts';
import { DatabaseOutage } from './database-outage.ts';
import { operationRoutes } from './operation-routes.ts';

/** Maximum time to send a request, so that a slow client does not hold a connection. */
const requestMilliseconds = 30_000;

export interface ServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly introspection: boolean;
  readonly logger: Logger;
  readonly limits: Limits;
  readonly trustedProxies?: number;
  /** Origins of the web pages from which browsers may send requests. Default: none. */
  readonly corsOrigins?: readonly string[];
  /** How long requests in progress may take to finish when the server is closed. */
  readonly drainSeconds: number;
  readonly metrics?: Metrics;
  readonly tracing?: Tracing;
}

export interface RunningServer {
  readonly url: string;
  /**
   * Refuses new requests and waits for those in progress, for at most `drainSeconds`.
   * Returns the number of requests that were aborted.
   */
  close(): Promise<number>;
}

/**
 * Serves `schema.graphql` at `/graphql`, and `/healthz`, `/readyz` and `/metrics`. A GraphQL request by GET needs a
 * header that a form of another site cannot send. Throws INVALID_CONFIGURATION if the server cannot listen on the
 * address.
 */
export async function startServer(services: Services, options: ServerOptions): Promise<RunningServer> {
  const { introspection, logger, limits, drainSeconds } = options;
  const { trustedProxies = 0, corsOrigins = [], metrics = new Metrics(), tracing = noTracing } = options;
  const { database } = services;
  const { authenticate } = services.authenticator;
  const rates = new RateLimits(limits, (limit) => metrics.refused(limit));
  const outage = new DatabaseOutage(database, logger);
  const databaseAway = (error: unknown) => outage.noticed(error);
  const apollo = await createApolloServer({
    ...{ limits, introspection, authenticate },
    ...{ logger, metrics, tracing, databaseAway },
  });
  await apollo.start();
  const httpServer = createServer({ requestTimeout: requestMilliseconds });
  const drain = new Drain(httpServer);
  const operation = operationRoutes({ database, logger, metrics, outage, drain, rates, authenticate });
  const graphql = answerOperations(apollo, services);
  const { bodyBytes } = limits;
  httpServer.on(
    'request',
    httpApp({
      ...{ logger, metrics, tracing, drain, rates },
      ...{ bodyBytes, trustedProxies, corsOrigins, graphql, operation },
    }),
  );
  try {
    await listen(httpServer, options);
  } catch (error) {
    await apollo.stop();
    throw error;
  }
  return {
    url: urlOf(httpServer.address() as AddressInfo),
    async close() {
      const aborted = await drain.drain(drainSeconds);
      outage.close();
      await apollo.stop();
      return aborted;
    },
  };
}

/** Hands a request whose body has been read to GraphQL, and the outcome back to the request's log line. */
function answerOperations(apollo: ApolloServer<RequestContext>, services: Services): RequestHandler {
  return expressMiddleware(apollo, {
    context: async ({ req, res }) => {
      const locals = res.locals as RequestLocals;
      const answered = (outcome: string) => {
        locals.outcome = outcome;
      };
      const request = { logger: req.log, allowance: locals.allowance, answered };
      return createContext(services, request, untilClosed(res));
    },
  });
}

/** Aborted once the client no longer waits for the answer. No client and no log sees the reason. */
function untilClosed(response: Response): AbortSignal {
  const closed = new AbortController();
  response.once('close', () => closed.abort(new WarmstartError('INTERRUPTED', 'the client closed the connection')));
  return closed.signal;
}

function listen(server: Server, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `WARMSTART_HOST, WARMSTART_PORT: cannot listen on ${host}:${port}: ${cause.message}`;
      reject(new WarmstartError('INVALID_CONFIGURATION', message, { cause }));
    });
    server.listen(port, host, resolve);
  });
}

function urlOf({ address, family, port }: AddressInfo): string {
  const loopback = address === '127.0.0.1' || address === '::1';
  const host = loopback ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${host}:${port}/graphql`;
}
