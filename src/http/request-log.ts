import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';
import type { Allowance } from '../access/rate-limits.ts';

/** What a client's id of a request must look like to be taken over: nothing that could forge a line of a log. */
const saneId = /^[A-Za-z0-9._-]{1,128}$/;

/** Whatever of a request somebody logs, these are never written. */
export const redactedPaths = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
].flatMap((header) => [`headers["${header}"]`, `*.headers["${header}"]`, `["${header}"]`]);

/** What `response.locals` holds of a request for `/graphql`. */
export interface RequestLocals {
  readonly allowance: Allowance;
  /** OK, or the code of the first error, for the log; `undefined` until the operation is answered. */
  outcome: string | undefined;
}

/**
 * Gives every request an id, its own if it has a sane one in `x-request-id`, which the response has too, and a logger that writes it; logs
 * every request as it ends. No headers, no query strings and no bodies are logged: there are secrets and personal data in them.
 */
export function requestLog(logger: Logger): RequestHandler {
  return pinoHttp({
    logger,
    quietReqLogger: true,
    customAttributeKeys: {
      reqId: 'requestId',
      req: 'request',
      res: 'response',
      responseTime: 'milliseconds',
    },
    genReqId(request, response) {
      const given = request.headers['x-request-id'];
      const id = typeof given === 'string' && saneId.test(given) ? given : randomUUID();
      response.setHeader('x-request-id', id);
      return id;
    },
    wrapSerializers: false,
    serializers: {
      request: ({ method, originalUrl, url, ip }) => ({ method, path: pathOf(originalUrl ?? url), ip }),
      response: ({ statusCode, locals }) => ({
        status: statusCode,
        outcome: (locals as Partial<RequestLocals> | undefined)?.outcome,
      }),
    },
    customLogLevel: (request, { statusCode }) =>
      statusCode >= 500 ? 'error' : isProbe(request.url) ? 'debug' : 'info',
    // Of a status of 500 and more an error is made up; the true one has a line of its own.
    customErrorObject: (_request, response, _error, { err: _madeUp, ...line }) => ({
      ...line,
      ...(response.err && { err: response.err }),
    }),
    customErrorMessage: (_request, response) =>
      response.writableEnded ? 'request answered' : 'request broken off',
    customSuccessMessage: (_request, response) =>
      response.writableEnded ? 'request answered' : 'request broken off',
  }) as RequestHandler;
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] as string;
}

/** Asked every few seconds, and of interest only when they fail. */
function isProbe(url: string | undefined): boolean {
  return url === '/healthz' || url === '/readyz';
}
