import { HeaderMap, type HTTPGraphQLHead } from '@apollo/server';
import { ApolloServerErrorCode, ApolloServerValidationErrorCode } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { databaseUnable, databaseUnavailable, refusalHead } from '../access/refusal.ts';
import { WarmstartError } from '../common/errors.ts';
import { conflict, inabilityOf } from '../store/inability.ts';
import { isConnectionError } from '../store/is-connection-error.ts';

const {
  INTERNAL_SERVER_ERROR,
  GRAPHQL_PARSE_FAILED,
  GRAPHQL_VALIDATION_FAILED,
  PERSISTED_QUERY_NOT_SUPPORTED,
  BAD_REQUEST,
} = ApolloServerErrorCode;

const tooManyTokens = /^Syntax Error: Document contains more tha[nt] (\d+) (?:lexical )?tokens/;

/**
 * Returns what the client sees of an error. A `WarmstartError` keeps its code and its message. An error of the database's
 * connection becomes UNAVAILABLE, and so does one that says what the database lacks. Any other exception becomes
 * INTERNAL_SERVER_ERROR and shows nothing else. Messages of graphql-js are shortened, because they repeat what the
 * client sent.
 */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const { message, locations, path, extensions } = formatted;
  const place = { ...(locations && { locations }), ...(path && { path }) };
  const documented = documentedErrorOf(error);
  if (documented) return { message: documented.message, ...place, extensions: { code: documented.code } };
  if (extensions?.validationErrorCode === ApolloServerValidationErrorCode.INTROSPECTION_DISABLED)
    return { message: introspectionIsOff, ...place, extensions: { code: GRAPHQL_VALIDATION_FAILED } };
  const given = extensions?.code ?? INTERNAL_SERVER_ERROR;
  // Clients of persisted queries recognize the message, and send the whole document instead.
  const code = given === PERSISTED_QUERY_NOT_SUPPORTED ? BAD_REQUEST : given;
  if (code === INTERNAL_SERVER_ERROR) return { message: 'internal server error', ...place, extensions: { code } };
  const maxTokens = code === GRAPHQL_PARSE_FAILED ? tooManyTokens.exec(message)?.[1] : undefined;
  if (maxTokens === undefined) return { message: shortMessage(message), ...place, extensions: { code } };
  return {
    message: `tokens: expected at most ${maxTokens} in a document, got more; pass values as variables, or request less at once`,
    extensions: { code: 'OPERATION_TOO_LARGE' },
  };
}

/** Returns the error that a client sees of any error; `undefined` for INTERNAL_SERVER_ERROR. */
export function documentedErrorOf(error: unknown): WarmstartError | undefined {
  return warmstartErrorOf(error) ?? unavailableOf(error);
}

const introspectionIsOff =
  'introspection (__schema and __type) is off in production; read schema.graphql, or start the server with NODE_ENV=development';

function unavailableOf(error: unknown): WarmstartError | undefined {
  if (isConnectionError(error)) return databaseUnavailable();
  const inability = inabilityOf(error);
  if (inability === undefined) return undefined;
  const advice = inability === conflict ? 'try again in a few seconds' : 'tell its operator, and try again later';
  return databaseUnable(`${inability}; ${advice}`, error);
}

/** Whether an error is one that the caller cannot act on, and that the log must therefore show. */
export function isOurFault(error: unknown): boolean {
  if (warmstartErrorOf(error) || isConnectionError(error)) return false;
  const code = error instanceof GraphQLError ? error.extensions.code : undefined;
  return code === undefined || code === INTERNAL_SERVER_ERROR;
}

/** Whether an error says that the database is away: by itself, or as the cause of a refusal. */
export function isDatabaseAway(error: unknown): boolean {
  const documented = warmstartErrorOf(error);
  if (!documented) return isConnectionError(error);
  return documented.code === 'UNAVAILABLE' && isConnectionError(documented.cause);
}

/** Returns the documented error that an error is, or that Apollo or graphql-js has wrapped; `undefined` if none. */
export function warmstartErrorOf(error: unknown): WarmstartError | undefined {
  if (error instanceof WarmstartError) return error;
  return error instanceof GraphQLError ? warmstartErrorOf(error.originalError) : undefined;
}

/** Refuses a whole operation: an error for a hook of Apollo to throw before the execution. */
export function refusalOf(error: WarmstartError): GraphQLError {
  const { status, headers } = refusalHead(error);
  const http = { status, headers: new HeaderMap(Object.entries(headers)) };
  return new GraphQLError(error.message, { originalError: error, extensions: { http } });
}

/** Gives a response that has nothing but UNAVAILABLE the HTTP status of that code. */
export function retryLater(http: HTTPGraphQLHead): void {
  const { status, headers } = refusalHead(databaseUnavailable());
  http.status = status;
  for (const [name, value] of Object.entries(headers)) http.headers.set(name, value);
}

/** In characters. */
const maxQuotedLength = 100;
const maxLength = 300;

/** What a message quotes: up to the closing mark, or up to the end of the message if there is none. */
const quoted = /"(?:[^"\\]|\\.?)*(?:"|$)/gs;

/**
 * Cuts a message of graphql-js to at most 300 characters. graphql-js quotes what clients send in full, so the quotes
 * are cut first, and then the middle of the message.
 */
export function shortMessage(message: string): string {
  const text = message.replace(quoted, (all) =>
    all.length <= maxQuotedLength ? all : `${all.slice(0, maxQuotedLength).toWellFormed()}…"`,
  );
  if (text.length <= maxLength) return text;
  const half = maxLength / 2 - 1;
  return `${text.slice(0, half).toWellFormed()} … ${text.slice(1 - half).toWellFormed()}`;
}
