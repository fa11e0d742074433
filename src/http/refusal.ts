import type { Response } from 'express';
import type { ErrorCode, WarmstartError } from '../common/errors.ts';
import { RateLimitedError } from './rate-limits.ts';

/** The HTTP status of what refuses a whole request; that of anything else is 400. */
const statuses: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  RATE_LIMITED: 429,
  UNAVAILABLE: 503,
};

/** After how many seconds what is not there now may be asked for again. */
const retrySeconds = '5';

/** How HTTP says that a whole request is refused. */
export interface RefusalHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

export function refusalHead(error: WarmstartError): RefusalHead {
  return { status: statuses[error.code] ?? 400, headers: headersOf(error) };
}

/** Answers in GraphQL's form what never becomes an operation. */
export function refuse(response: Response, error: WarmstartError): void {
  const { status, headers } = refusalHead(error);
  response.set(headers);
  answerError(response, status, error.code, error.message);
}

export function answerError(response: Response, status: number, code: string, message: string): void {
  response.status(status).json({ errors: [{ message, extensions: { code } }] });
}

function headersOf(error: WarmstartError): Record<string, string> {
  if (error instanceof RateLimitedError) return { 'retry-after': String(error.retryAfterSeconds) };
  if (error.code === 'UNAVAILABLE') return { 'retry-after': retrySeconds };
  return error.code === 'UNAUTHENTICATED' ? { 'www-authenticate': 'Bearer' } : {};
}
