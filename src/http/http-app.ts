import cors from 'cors';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { RateLimits } from '../access/rate-limits.ts';
import { WarmstartError } from '../common/errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { checkNesting } from './check-nesting.ts';
import type { Drain } from './drain.ts';
import { answerError, refuse } from './refusal.ts';
import { type RequestLocals, requestLog } from './request-log.ts';

export interface HttpApp {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly drain: Drain;
  readonly rates: RateLimits;
  readonly bodyBytes: number;
  readonly trustedProxies: number;
  readonly corsOrigins: readonly string[];
  /** Answers a GraphQL request whose body has been read. */
  readonly graphql: RequestHandler;
  /** Answers `/healthz`, `/readyz` and `/metrics`. */
  readonly operation: RequestHandler;
}

/** Returns the app that answers every HTTP request. Its handlers run in the order in which they are added here. */
export function httpApp(options: HttpApp): Express {
  const { logger, tracing, drain, rates, bodyBytes, trustedProxies, graphql, operation } = options;
  const app = express().disable('x-powered-by').disable('etag').set('trust proxy', trustedProxies);
  app.use(requestLog(logger), securityHeaders, observe(options), drain.watch);
  if (trustedProxies === 0) app.use(warnOfProxy(logger));
  app.use(operation);
  app.all(
    '/graphql',
    allowOrigins(options),
    refuseWhileDraining(drain),
    checkMethod,
    admit(rates),
    checkContentType,
    express.json({ limit: bodyBytes, verify: checkBody }),
    (request, response, next) => tracing.span('graphql', {}, async () => graphql(request, response, next)),
  );
  app.use(answerNothingHere);
  app.use(answerFailure);
  return app;
}

/** Tells browsers not to sniff, frame, share or store a response. */
const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
  next();
};

/** How long a browser may cache the answer to a preflight request. */
const preflightSeconds = 3600;

const routes = ['/graphql', '/healthz', '/readyz', '/metrics'];

/** Times every request and creates a span for it. */
function observe({ metrics, tracing }: HttpApp): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    const route = routes.find((path) => path === request.path.replace(/\/$/, '')) ?? 'other';
    const attributes = { 'http.request.method': request.method, 'http.route': route };
    const traceparent = request.headers.traceparent as string | undefined;
    const answered = new Promise<void>((resolve) => response.once('close', resolve));
    void tracing.request(`${request.method} ${route}`, attributes, traceparent, async () => {
      next();
      await answered;
      metrics.answeredHttp(route, response.statusCode, (performance.now() - started) / 1000);
      tracing.describe({ 'http.response.status_code': response.statusCode });
    });
  };
}

/** Lets web pages of these origins send requests. Cookies play no part: a caller is known only by its key or token. */
function allowOrigins({ corsOrigins }: HttpApp): RequestHandler {
  if (corsOrigins.length === 0) return (_request, _response, next) => next();
  return cors({
    origin: [...corsOrigins],
    methods: ['GET', 'POST'],
    exposedHeaders: ['Retry-After', 'X-Request-Id'],
    maxAge: preflightSeconds,
  });
}

function refuseWhileDraining(drain: Drain): RequestHandler {
  return (_request, response, next) => {
    if (!drain.draining) return next();
    refuse(response, new WarmstartError('UNAVAILABLE', 'the server is stopping; try again in a few seconds'));
  };
}

const checkMethod: RequestHandler = ({ method }, response, next) => {
  if (method === 'GET' || method === 'POST') return next();
  response.set('allow', 'GET, POST');
  answerError(response, 405, 'BAD_REQUEST', `expected GET or POST, got ${method}`);
};

/** Warns, once, that all callers behind an untrusted proxy have its address, and therefore share its limits. */
function warnOfProxy(logger: Logger): RequestHandler {
  let warned = false;
  return ({ headers }, _response, next) => {
    if (!warned && headers['x-forwarded-for'] !== undefined) {
      warned = true;
      logger.warn(
        'a request has the header X-Forwarded-For, which WARMSTART_TRUSTED_PROXIES=0 ignores; behind a proxy, set it to the number of proxies, or else all callers share the limits of one address',
      );
    }
    next();
  };
}

/** Applies the rate limits before the body is read, so that a refused request does not cost that either. */
function admit(rates: RateLimits): RequestHandler {
  return ({ ip, headers }, response, next) => {
    const locals: RequestLocals = { allowance: rates.admit(ip, headers.authorization), outcome: undefined };
    Object.assign(response.locals, locals);
    next();
  };
}

const checkContentType: RequestHandler = (request, response, next) => {
  if (request.method === 'GET' || request.is('application/json')) return next();
  const got = request.headers['content-type'] ?? 'none';
  answerError(response, 415, 'BAD_REQUEST', `Content-Type: expected application/json, got ${got}`);
};

/** Called before the body is parsed. `encoding` is the charset of the Content-Type. */
function checkBody(_request: unknown, _response: unknown, body: Buffer, encoding: string): void {
  if (encoding !== 'utf-8')
    throw Object.assign(new Error(`charset: expected utf-8, got ${encoding}`), { status: 415, expose: true });
  checkNesting(body);
}

const answerNothingHere: RequestHandler = (_request, response) =>
  answerError(response, 404, 'BAD_REQUEST', 'nothing exists at this path; send GraphQL requests to /graphql');

/** Answers in the form of a GraphQL response. Express would answer with a page of HTML that shows the stack. */
const answerFailure: ErrorRequestHandler = (error, request, response, next) => {
  if (response.headersSent) return next(error);
  // body-parser wraps the errors that `checkBody` throws.
  const documented = [error, error.cause].find((one) => one instanceof WarmstartError);
  if (documented) return refuse(response, documented);
  const status = typeof error.status === 'number' && error.expose ? error.status : 500;
  if (status < 500) return answerError(response, status, 'BAD_REQUEST', error.message);
  request.log.error({ err: error }, 'a request failed');
  answerError(response, 500, 'INTERNAL_SERVER_ERROR', 'internal server error');
};
