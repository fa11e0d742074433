import { HeaderMap, type HTTPGraphQLHead } from '@apollo/server';
import type { Response } from 'express';
import { GraphQLError } from 'graphql';
import { type ErrorCode, WarmstartError } from '../errors.ts';
import { RateLimitedError } from './rate-limits.ts';

/** The HTTP status of what refuses a whole request; that of anything else is 200, with data beside the error. */
const statuses: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  OPERATION_TOO_LARGE: 400,
  RATE_LIMITED: 429,
  UNAVAILABLE: 503,
};

/** After how many seconds what is not there now may be asked for again. */
const retrySeconds = '5';

/** A refusal as Apollo answers it, from a hook before the execution. */
export function refusalOf(error: WarmstartError): GraphQLError {
  const status = statuses[error.code] ?? 400;
  const headers = new HeaderMap(Object.entries(headersOf(error)));
  return new GraphQLError(error.message, { originalError: error, extensions: { http: { status, headers } } });
}

/** Answers in GraphQL's form what never becomes an operation. */
export function refuse(response: Response, error: WarmstartError): void {
  response.set(headersOf(error));
  answerError(response, statuses[error.code] ?? 400, error.code, error.message);
}

export function answerError(response: Response, status: number, code: string, message: string): void {
  response.status(status).json({ errors: [{ message, extensions: { code } }] });
}

/** Makes an answer that has nothing but UNAVAILABLE one of status 503. */
export function retryLater(http: HTTPGraphQLHead): void {
  http.status = 503;
  http.headers.set('retry-after', retrySeconds);
}

/** The documented failure that an error is, or that Apollo or graphql-js has wrapped; `undefined` when it is none. */
export function warmstartErrorOf(error: unknown): WarmstartError | undefined {
  if (error instanceof WarmstartError) return error;
  return error instanceof GraphQLError ? warmstartErrorOf(error.originalError) : undefined;
}

function headersOf(error: WarmstartError): Record<string, string> {
  if (error instanceof RateLimitedError) return { 'retry-after': String(error.retryAfterSeconds) };
  if (error.code === 'UNAVAILABLE') return { 'retry-after': retrySeconds };
  return error.code === 'UNAUTHENTICATED' ? { 'www-authenticate': 'Bearer' } : {};
}
