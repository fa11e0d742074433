import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { expressMiddleware } from '@as-integrations/express5';
import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import type { Authenticate } from '../access/authenticate.ts';
import { anonymous } from '../access/principal.ts';
import { WarmstartError } from '../common/errors.ts';
import type { Limits } from '../config.ts';
import { DatabaseOutage } from '../http/database-outage.ts';
import { Drain } from '../http/drain.ts';
import { httpApp } from '../http/http-app.ts';
import { operationRoutes } from '../http/operation-routes.ts';
import { RateLimits } from '../http/rate-limits.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { noTracing, type Tracing } from '../telemetry/tracing.ts';
import { executableSchema } from './executable-schema.ts';
import { formatError } from './format-error.ts';
import { createLoaders } from './loaders.ts';
import { operationLimits } from './operation-limits.ts';
import { admissionPlugin } from './plugins/admission-plugin.ts';
import { authenticationPlugin } from './plugins/authentication-plugin.ts';
import { observationPlugin } from './plugins/observation-plugin.ts';
import type { RequestContext, Services } from './request-context.ts';

/** Most time to send a request: somebody who dawdles keeps no connection. */
const requestMilliseconds = 30_000;

/** Most things that are found wrong with one document, each of which costs time and words. */
const maxFaults = 20;

export interface ServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly introspection: boolean;
  readonly authenticate: Authenticate;
  readonly logger: Logger;
  readonly limits: Limits;
  readonly trustedProxies?: number;
  /** From which web pages browsers may ask; from none but the server's own without. */
  readonly corsOrigins?: readonly string[];
  /** How long requests under way may take to end when the server is closed. */
  readonly drainSeconds: number;
  readonly metrics?: Metrics;
  readonly tracing?: Tracing;
}

export interface GraphQLServer {
  readonly url: string;
  /** Answers the requests under way, refuses new ones, and gives how many were broken off when the time was over. */
  close(): Promise<number>;
}

/**
 * Serves `schema.graphql` at `/graphql`, over POST; a GET needs the headers that a cross-site form cannot send. Beside it there are
 * `/healthz`, `/readyz` and `/metrics`. Throws INVALID_CONFIGURATION when the address cannot be listened on.
 */
export async function startServer(services: Services, options: ServerOptions): Promise<GraphQLServer> {
  const { logger, limits, drainSeconds, trustedProxies = 0, corsOrigins = [] } = options;
  const { metrics = new Metrics(), tracing = noTracing } = options;
  const rates = new RateLimits(limits, (limit) => metrics.refused(limit));
  const outage = new DatabaseOutage(services.database, logger);
  const apollo = await createApollo(options, metrics, tracing, outage);
  await apollo.start();
  const httpServer = createServer({ requestTimeout: requestMilliseconds });
  const drain = new Drain(httpServer);
  const operation = operationRoutes({
    database: services.database,
    logger,
    metrics,
    outage,
    drain,
    rates,
    authenticate: options.authenticate,
  });
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
      const brokenOff = await drain.drain(drainSeconds);
      outage.close();
      await apollo.stop();
      return brokenOff;
    },
  };
}

async function createApollo(
  { introspection, authenticate, logger, limits }: ServerOptions,
  metrics: Metrics,
  tracing: Tracing,
  outage: DatabaseOutage,
): Promise<ApolloServer<RequestContext>> {
  return new ApolloServer<RequestContext>({
    schema: await executableSchema(metrics, tracing),
    introspection,
    hideSchemaDetailsFromClientErrors: !introspection,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    allowBatchedHttpRequests: false,
    // A cache that anybody could fill.
    persistedQueries: false,
    parseOptions: { maxTokens: limits.tokens },
    validationOptions: { maxErrors: maxFaults },
    validationRules: operationLimits(limits),
    formatError,
    logger,
    // In this order: what is refused for its cost costs nothing more, not even looking for its key.
    plugins: [
      admissionPlugin(limits.cost, !introspection),
      authenticationPlugin(authenticate),
      observationPlugin(metrics, tracing, outage),
      ApolloServerPluginLandingPageDisabled(),
    ],
  });
}

function answerOperations(apollo: ApolloServer<RequestContext>, services: Services): RequestHandler {
  return expressMiddleware(apollo, {
    context: async ({ res }) => ({
      ...services,
      loaders: createLoaders(services.database),
      serving: services.recommendations.session(untilClosed(res)),
      request: res.locals.scope,
      principal: anonymous,
    }),
  });
}

/** Aborted once nobody waits for the answer any more; the reason is none that anybody is told, or that belongs into the log. */
function untilClosed(response: Response): AbortSignal {
  const closed = new AbortController();
  response.once('close', () => closed.abort(new WarmstartError('INTERRUPTED', 'the client has gone')));
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
