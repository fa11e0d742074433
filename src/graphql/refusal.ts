import { HeaderMap, type HTTPGraphQLHead } from '@apollo/server';
import { GraphQLError } from 'graphql';
import { WarmstartError } from '../common/errors.ts';
import { databaseAway } from '../http/database-outage.ts';
import { refusalHead } from '../http/refusal.ts';

/** A refusal as Apollo answers it, from a hook before the execution. */
export function refusalOf(error: WarmstartError): GraphQLError {
  const { status, headers } = refusalHead(error);
  const http = { status, headers: new HeaderMap(Object.entries(headers)) };
  return new GraphQLError(error.message, { originalError: error, extensions: { http } });
}

/** Makes an answer that has nothing but UNAVAILABLE one of that status. */
export function retryLater(http: HTTPGraphQLHead): void {
  const { status, headers } = refusalHead(new WarmstartError('UNAVAILABLE', databaseAway));
  http.status = status;
  for (const [name, value] of Object.entries(headers)) http.headers.set(name, value);
}

/** The documented failure that an error is, or that Apollo or graphql-js has wrapped; `undefined` when it is none. */
export function warmstartErrorOf(error: unknown): WarmstartError | undefined {
  if (error instanceof WarmstartError) return error;
  return error instanceof GraphQLError ? warmstartErrorOf(error.originalError) : undefined;
}
