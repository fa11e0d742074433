import { type ErrorCode, WarmstartError } from '../common/errors.ts';

/** RATE_LIMITED, with the time after which the caller can try again. */
export class RateLimitedError extends WarmstartError {
  /** At least 1. */
  readonly retryAfterSeconds: number;

  constructor(message: string, milliseconds: number) {
    const seconds = Math.max(1, Math.ceil(milliseconds / 1000));
    super('RATE_LIMITED', `${message}; try again in ${seconds} s`);
    this.retryAfterSeconds = seconds;
  }
}

/** UNAVAILABLE for a request that needs the database while the database does not answer. */
export function databaseUnavailable(cause?: unknown): WarmstartError {
  const message = 'the database does not answer; try again in a few seconds';
  return new WarmstartError('UNAVAILABLE', message, { cause });
}

/** UNAVAILABLE for a request that the database cannot carry out. The message has the reason and what to do. */
export function databaseUnable(message: string, cause: unknown): WarmstartError {
  return new WarmstartError('UNAVAILABLE', message, { cause });
}

/** The status and headers of an HTTP response that refuses a whole request. */
export interface RefusalHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

export function refusalHead(error: WarmstartError): RefusalHead {
  return { status: statuses[error.code] ?? 400, headers: headersOf(error) };
}

/** Any other code has status 400. */
const statuses: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  RATE_LIMITED: 429,
  UNAVAILABLE: 503,
};

/** Seconds after which a client can repeat a request that was UNAVAILABLE. */
const retrySeconds = '5';

function headersOf(error: WarmstartError): Record<string, string> {
  if (error instanceof RateLimitedError) return { 'retry-after': String(error.retryAfterSeconds) };
  if (error.code === 'UNAVAILABLE') return { 'retry-after': retrySeconds };
  return error.code === 'UNAUTHENTICATED' ? { 'www-authenticate': 'Bearer' } : {};
}
