import { ApolloServerErrorCode, unwrapResolverError } from '@apollo/server/errors';
import type { GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { WarmstartError } from '../errors.ts';

/**
 * Turns an error into what the client sees: a `WarmstartError` keeps its message and gives its code; a fault of ours
 * is logged whole and shown as nothing but INTERNAL_SERVER_ERROR.
 */
export function formatErrorWith(logger: Logger) {
  return (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const original = unwrapResolverError(error);
    const { message, locations, path, extensions } = formatted;
    if (original instanceof WarmstartError) {
      return { message, locations, path, extensions: { code: original.code } };
    }
    const code = extensions?.code ?? ApolloServerErrorCode.INTERNAL_SERVER_ERROR;
    if (code !== ApolloServerErrorCode.INTERNAL_SERVER_ERROR)
      return { message, locations, path, extensions: { code } };
    logger.error({ err: original, path }, 'a resolver failed');
    return { message: 'internal server error', locations, path, extensions: { code } };
  };
}
