import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import cors from 'cors';
import type { Logger } from 'pino';
import type { Allowance, RateLimits } from '../access/rate-limits.ts';
import { WarmstartError } from '../common/errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { limitBodyTime } from './body-time.ts';
import { closeWithConnection } from './close-with-connection.ts';
import type { Drain } from './drain.ts';
import { Exchange } from './exchange.ts';
import { parseBody, readBody } from './read-body.ts';
import { answerInternalError, RequestError, refuse } from './refusal.ts';
import { requestLog } from './request-log.ts';
import { OverloadError, type WaitingRoom } from './waiting-room.ts';

/** Answers a request. */
export type Answer = (exchange: Exchange) => void | Promise<void>;

export interface HttpApp {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly drain: Drain;
  readonly rates: RateLimits;
  readonly waitingRoom: WaitingRoom;
  readonly bodyBytes: number;
  readonly trustedProxies: number;
  /** How long a client may take to send a request. */
  readonly requestSeconds: number;
  readonly corsOrigins: readonly string[];
  /** Answers a GraphQL request whose body has been read. */
  readonly graphql: (exchange: Exchange, body: unknown, allowance: Allowance) => Promise<void>;
  /** Answers a POST to `/interactions`. It reads the body itself, for as long as it takes. */
  readonly interactions: Answer;
  /** Answer GET requests by path: `/healthz`, `/readyz` and `/metrics`. */
  readonly operation: Readonly<Record<string, Answer>>;
}

/** Returns the listener that answers every HTTP request. */
export function httpApp(options: HttpApp): RequestListener {
  const { metrics, tracing, drain, logger, trustedProxies } = options;
  const answer = answerOf(options);
  const log = requestLog(logger);
  const warnOfProxy = trustedProxies === 0 ? proxyWarning(logger) : () => {};
  return (request, response) => {
    const started = performance.now();
    const exchange = new Exchange(request, response, options);
    closeWithConnection(request, response);
    drain.watch(response);
    warnOfProxy(request);
    const route = routeOf(exchange.path);
    const { method } = request;
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    const attributes = { 'http.request.method': method, 'http.route': route };
    const traceparent = request.headers.traceparent as string | undefined;
    void tracing.request(`${method} ${route}`, attributes, traceparent, async () => {
      // A response is closed when it has been sent, or earlier, when its client is gone.
      void answer(exchange, route);
      await closed;
      const milliseconds = performance.now() - started;
      log(exchange, milliseconds);
      metrics.answeredHttp(route, response.statusCode, milliseconds / 1000);
      tracing.describe({ 'http.response.status_code': response.statusCode });
    });
  };
}

const graphqlRoute = '/graphql';
const interactionsPath = '/interactions';
const routes = [graphqlRoute, interactionsPath, '/healthz', '/readyz', '/metrics'];

/** Returns the path of a route, or `other`. A slash at the end and the case of letters play no part. */
function routeOf(path: string): string {
  if (path === graphqlRoute) return path;
  const plain = path.toLowerCase().replace(/\/$/, '');
  return routes.find((route) => route === plain) ?? 'other';
}

/** Returns a function that answers any request, and never throws. */
function answerOf(options: HttpApp): (exchange: Exchange, route: string) => Promise<void> {
  const { operation, requestSeconds } = options;
  const answerGraphql = graphqlOf(options);
  return async (exchange, route) => {
    try {
      const { method } = exchange.request;
      if (route === interactionsPath && method === 'POST') return await options.interactions(exchange);
      limitBodyTime(exchange, requestSeconds);
      if (route === interactionsPath) throw notAllowed('POST', method);
      if (route === graphqlRoute) return await answerGraphql(exchange);
      const answer = method === 'GET' || method === 'HEAD' ? operation[route] : undefined;
      if (answer) return await answer(exchange);
      throw new RequestError(404, 'nothing exists at this path; send GraphQL requests to /graphql');
    } catch (error) {
      answerFailure(exchange, error);
    }
  };
}

/** Returns a function that answers a request for `/graphql`. Its steps are in the order of what they cost. */
function graphqlOf(options: HttpApp): Answer {
  const { rates, waitingRoom, bodyBytes, corsOrigins, tracing, graphql } = options;
  const allowOrigins = originsAllowed(corsOrigins);
  return async (exchange) => {
    const { request, response, address } = exchange;
    if (allowOrigins) {
      allowOrigins(request, response);
      if (request.method === 'OPTIONS') return exchange.send(204, '');
    }
    checkMethod(request);
    // Both before the body is read, so that a refused request does not cost that either.
    waitingRoom.enter(response);
    const allowance = rates.admit(address, request.headers.authorization);
    const bytes = request.method === 'POST' ? await readBody(request, bodyBytes) : undefined;
    const execute = () => graphql(exchange, bytes && parseBody(bytes), allowance);
    await waitingRoom.run(
      () => tracing.span('graphql', {}, async () => execute()),
      () => exchange.isGone,
    );
  };
}

/** How long a browser may cache the answer to a preflight request. */
const preflightSeconds = 3600;

/**
 * Returns a function that sets the headers with which web pages of these origins may send requests. Cookies play no
 * part: a caller is known only by its key or token.
 */
function originsAllowed(
  origins: readonly string[],
): ((request: IncomingMessage, response: ServerResponse) => void) | undefined {
  if (origins.length === 0) return undefined;
  const allow = cors({
    origin: [...origins],
    methods: ['GET', 'POST'],
    exposedHeaders: ['Retry-After', 'X-Request-Id'],
    maxAge: preflightSeconds,
    preflightContinue: true,
  });
  return (request, response) => allow(request, response, () => {});
}

function checkMethod({ method }: IncomingMessage): void {
  if (method !== 'GET' && method !== 'POST') throw notAllowed('GET or POST', method);
}

function notAllowed(expected: string, method: string | undefined): RequestError {
  return new RequestError(405, `expected ${expected}, got ${method}`, { allow: expected.replace(' or', ',') });
}

/** Returns a function that warns once that callers behind an untrusted proxy all have its address and its limits. */
function proxyWarning(logger: Logger): (request: IncomingMessage) => void {
  let warned = false;
  return ({ headers }) => {
    if (warned || headers['x-forwarded-for'] === undefined) return;
    warned = true;
    logger.warn(
      'a request has the header X-Forwarded-For, which WARMSTART_TRUSTED_PROXIES=0 ignores; behind a proxy, set it to the number of proxies, or else all callers share the limits of one address',
    );
  };
}

function answerFailure(exchange: Exchange, error: unknown): void {
  exchange.wasShed = error instanceof OverloadError;
  if (exchange.response.headersSent) exchange.response.destroy();
  else if (error instanceof WarmstartError || error instanceof RequestError) refuse(exchange, error);
  else {
    exchange.log.error({ err: error }, 'a request failed');
    answerInternalError(exchange);
  }
}
