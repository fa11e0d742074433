import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ApolloServer, HeaderMap } from '@apollo/server';
import type { Logger } from 'pino';
import type { Limits } from '../access/limits.ts';
import { type Allowance, RateLimits } from '../access/rate-limits.ts';
import { atMostOnceAMinute } from '../common/at-most-once-a-minute.ts';
import { WarmstartError } from '../common/errors.ts';
import { createApolloServer } from '../graphql/apollo-server.ts';
import { OperationTime } from '../graphql/operation-time.ts';
import {
  createContext,
  type OperationRequest,
  type RequestContext,
  type Services,
} from '../graphql/request-context.ts';
import { Drain } from '../http/drain.ts';
import type { Exchange } from '../http/exchange.ts';
import { type HttpApp, httpApp } from '../http/http-app.ts';
import { WaitingRoom } from '../http/waiting-room.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { noTracing, type Tracing } from '../telemetry/tracing.ts';
import { DatabaseOutage } from './database-outage.ts';
import { interactionsRoute } from './interactions-route.ts';
import { operationRoutes } from './operation-routes.ts';

/** Maximum time to send a request, so that a slow client does not hold a connection. */
const usualRequestSeconds = 30;

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
  /** How long an operation may take. Mutations that have begun are not ended. */
  readonly operationSeconds: number;
  /** How long requests in progress may take to finish when the server is closed. */
  readonly drainSeconds: number;
  /** How long a client may take to send a request, or may pause while it sends interactions. Default: 30. */
  readonly requestSeconds?: number;
  readonly metrics?: Metrics;
  readonly tracing?: Tracing;
}

export interface RunningServer {
  readonly url: string;
  /** Call it with every connection error of the database outside of requests, so that the outage is logged. */
  readonly databaseAway: (error: unknown) => void;
  /**
   * Takes no more requests after a grace period, and waits for those in progress, for at most `drainSeconds`.
   * Returns the number of requests that were aborted.
   */
  close(): Promise<number>;
}

/**
 * Serves `schema.graphql` at `/graphql`, and `/interactions`, `/healthz`, `/readyz` and `/metrics`. A GraphQL request
 * by GET needs a header that a form of another site cannot send. Throws INVALID_CONFIGURATION if the server cannot
 * listen on the address.
 */
export async function startServer(services: Services, options: ServerOptions): Promise<RunningServer> {
  const { introspection, logger, limits, operationSeconds, drainSeconds } = options;
  const { trustedProxies = 0, corsOrigins = [], metrics = new Metrics(), tracing = noTracing } = options;
  const { requestSeconds = usualRequestSeconds } = options;
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
  const httpServer = createServer({ requestTimeout: 0, headersTimeout: requestSeconds * 1000 });
  const drain = new Drain(httpServer);
  const refused = () => services.recommendations.refused();
  const operation = operationRoutes({ database, logger, metrics, outage, drain, rates, authenticate, refused });
  const interactions = interactionsRoute({ ...{ services, outage, drain, rates }, silentSeconds: requestSeconds });
  const graphql = answerOperations(apollo, services, operationSeconds);
  const { bodyBytes, requestsInProgress } = limits;
  const warn = atMostOnceAMinute(() =>
    logger.warn(
      'there are more requests than this server can answer; it refuses some, and warns at most once a minute',
    ),
  );
  const waitingRoom = new WaitingRoom({
    maxInProgress: requestsInProgress,
    shed(cause) {
      metrics.shed(cause);
      warn();
    },
  });
  httpServer.on(
    'request',
    httpApp({
      ...{ logger, metrics, tracing, drain, rates, waitingRoom },
      ...{ bodyBytes, trustedProxies, requestSeconds, corsOrigins, graphql, interactions, operation },
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
    databaseAway,
    async close() {
      const aborted = await drain.drain(drainSeconds);
      outage.close();
      await apollo.stop();
      return aborted;
    },
  };
}

/** Hands a request whose body has been read to GraphQL, and the outcome back to the request's log line. */
function answerOperations(
  apollo: ApolloServer<RequestContext>,
  services: Services,
  seconds: number,
): HttpApp['graphql'] {
  return async (exchange, body, allowance) => {
    const { method = '', headers } = exchange.request;
    const time = new OperationTime(exchange, seconds);
    try {
      const answer = await apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: { method, headers: headerMapOf(headers), search: exchange.search, body },
        context: async () => createContext(services, new ExchangedRequest(exchange, allowance, time)),
      });
      // Only `@defer` and `@stream`, which the schema lacks, make other answers.
      if (answer.body.kind !== 'complete') throw new Error('expected an answer in one part');
      exchange.send(answer.status ?? 200, answer.body.string, Object.fromEntries(answer.headers));
    } finally {
      time.end();
    }
  };
}

/** The request of an exchange, for GraphQL. */
class ExchangedRequest implements OperationRequest {
  readonly allowance: Allowance;
  readonly time: OperationTime;
  readonly #exchange: Exchange;

  constructor(exchange: Exchange, allowance: Allowance, time: OperationTime) {
    this.#exchange = exchange;
    this.allowance = allowance;
    this.time = time;
  }

  get logger(): Logger {
    return this.#exchange.log;
  }

  answered(outcome: string): void {
    this.#exchange.outcome = outcome;
  }
}

function headerMapOf(headers: IncomingHttpHeaders): HeaderMap {
  const map = new HeaderMap();
  for (const [name, value] of Object.entries(headers))
    map.set(name, Array.isArray(value) ? value.join(', ') : (value ?? ''));
  return map;
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
