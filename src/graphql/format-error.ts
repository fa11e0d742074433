import { ApolloServerErrorCode } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { databaseAway } from '../http/database-outage.ts';
import { isConnectionError } from '../store/is-connection-error.ts';
import { warmstartErrorOf } from './refusal.ts';
import { shortMessage } from './short-message.ts';

const { INTERNAL_SERVER_ERROR, GRAPHQL_PARSE_FAILED, PERSISTED_QUERY_NOT_SUPPORTED, BAD_REQUEST } =
  ApolloServerErrorCode;

const tooManyTokens = /^Syntax Error: Document contains more tha[nt] (\d+) (?:lexical )?tokens/;

/**
 * Turns an error into what the client sees: a `WarmstartError` keeps its message and gives its code; of a fault of ours
 * nothing is shown but INTERNAL_SERVER_ERROR, and of a database that is away but UNAVAILABLE. What graphql-js says is cut,
 * as it repeats whatever came.
 */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const { message, locations, path, extensions } = formatted;
  const place = { ...(locations && { locations }), ...(path && { path }) };
  const documented = warmstartErrorOf(error);
  if (documented) return { message, ...place, extensions: { code: documented.code } };
  if (isDatabaseAway(error)) return { message: databaseAway, ...place, extensions: { code: 'UNAVAILABLE' } };
  const given = extensions?.code ?? INTERNAL_SERVER_ERROR;
  // Clients that try persisted queries know by the message to go on without.
  const code = given === PERSISTED_QUERY_NOT_SUPPORTED ? BAD_REQUEST : given;
  if (code === INTERNAL_SERVER_ERROR)
    return { message: 'internal server error', ...place, extensions: { code } };
  const most = code === GRAPHQL_PARSE_FAILED ? tooManyTokens.exec(message)?.[1] : undefined;
  if (most === undefined) return { message: shortMessage(message), ...place, extensions: { code } };
  return {
    message: `tokens: expected at most ${most} in a document, got more; pass values as variables, or ask for less at once`,
    extensions: { code: 'OPERATION_TOO_LARGE' },
  };
}

/** Whether an error is none that the caller can act on, and so belongs into the log. */
export function isOurFault(error: unknown): boolean {
  if (warmstartErrorOf(error) || isConnectionError(error)) return false;
  const code = error instanceof GraphQLError ? error.extensions.code : undefined;
  return code === undefined || code === INTERNAL_SERVER_ERROR;
}

/** Whether an error says that the database is away: by itself, or as the reason for a refusal. */
export function isDatabaseAway(error: unknown): boolean {
  const documented = warmstartErrorOf(error);
  if (!documented) return isConnectionError(error);
  return documented.code === 'UNAVAILABLE' && isConnectionError(documented.cause);
}
