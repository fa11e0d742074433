import type { Logger } from 'pino';
import type { Exchange } from './exchange.ts';

/** The logger never writes these headers, whatever part of a request is logged. */
export const redactedPaths = ['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'x-api-key'].flatMap(
  (header) => [`headers["${header}"]`, `*.headers["${header}"]`, `["${header}"]`],
);

/**
 * Returns a function that logs a request when it has ended. Headers, query strings and bodies are not logged, because
 * they hold secrets and personal data.
 */
export function requestLog(logger: Logger): (exchange: Exchange, milliseconds: number) => void {
  // A line has no headers. Looking for them would take longer than writing it.
  const lines = logger.child({}, { redact: [] });
  return (exchange, milliseconds) => {
    const { id, request, path, address, response, outcome } = exchange;
    const { statusCode: status } = response;
    const level = levelOf(exchange);
    lines[level](
      {
        requestId: id,
        request: { method: request.method, path, ip: address },
        response: { status, outcome },
        milliseconds: Math.round(milliseconds),
      },
      response.writableEnded ? 'request answered' : 'request aborted',
    );
  };
}

function levelOf({ path, wasShed, response }: Exchange): 'error' | 'info' | 'debug' {
  // In an overload, a line for each refused request would cost more than the refusal. A metric counts them.
  if (wasShed) return 'debug';
  if (response.statusCode >= 500) return 'error';
  // Probes come every few seconds, and only their failures are of interest.
  return path === '/healthz' || path === '/readyz' ? 'debug' : 'info';
}
