import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';
import type { Allowance } from '../access/rate-limits.ts';

/** The form of a request ID that is accepted from a client: nothing that could forge a log line. */
const acceptedId = /^[A-Za-z0-9._-]{1,128}$/;

/** The logger never writes these headers, whatever part of a request is logged. */
export const redactedPaths = ['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'x-api-key'].flatMap(
  (header) => [`headers["${header}"]`, `*.headers["${header}"]`, `["${header}"]`],
);

/** What `response.locals` holds of a request for `/graphql`. */
export interface RequestLocals {
  readonly allowance: Allowance;
  /** OK, or the code of the first error, for the log; `undefined` until the operation is answered. */
  outcome: string | undefined;
}

/**
 * Gives every request an ID and a logger that writes the ID into every line, and logs every request when it ends. The
 * ID is that of the header `x-request-id` if it has an accepted form, otherwise a new one; the response has it in the
 * same header. Headers, query strings and bodies are not logged, because they hold secrets and personal data.
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
      const id = typeof given === 'string' && acceptedId.test(given) ? given : randomUUID();
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
    // For a status of 500 and above pino-http makes up an error. The actual error has a line of its own.
    customErrorObject: (_request, response, _error, { err: _madeUp, ...line }) => ({
      ...line,
      ...(response.err && { err: response.err }),
    }),
    customErrorMessage: (_request, response) => (response.writableEnded ? 'request answered' : 'request aborted'),
    customSuccessMessage: (_request, response) => (response.writableEnded ? 'request answered' : 'request aborted'),
  }) as RequestHandler;
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] as string;
}

/** Probes come every few seconds, and only their failures are of interest. */
function isProbe(url: string | undefined): boolean {
  return url === '/healthz' || url === '/readyz';
}
