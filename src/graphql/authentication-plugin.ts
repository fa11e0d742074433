import { type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import { GraphQLError } from 'graphql';
import type { Authenticate } from '../access/authenticate.ts';
import { WarmstartError } from '../errors.ts';
import type { RequestContext } from './request-context.ts';

/** Who is told how the authentication of a request went; a request without an `Authorization` header is neither. */
export interface AuthenticationListener {
  accepted(context: RequestContext): void;
  refused(context: RequestContext): void;
}

/**
 * Finds out, before a valid operation is executed, who sent it; resolvers find it in their context. A key or token that is
 * not valid refuses the whole request, with status 401.
 *
 * A plugin that refuses requests before a key is looked up stands before this one, and throws from its `didResolveOperation`
 * instead of rejecting: Apollo begins these hooks of all plugins in their order without waiting for one to end.
 */
export function authenticationPlugin(
  authenticate: Authenticate,
  listener?: AuthenticationListener,
): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      async didResolveOperation({ request: { http }, contextValue }) {
        const authorization = http?.headers.get('authorization');
        try {
          contextValue.principal = await authenticate(authorization);
        } catch (error) {
          if (!(error instanceof WarmstartError)) throw error;
          listener?.refused(contextValue);
          throw unauthenticated(error);
        }
        if (authorization !== undefined) listener?.accepted(contextValue);
      },
    }),
  };
}

function unauthenticated(error: WarmstartError): GraphQLError {
  const http = { status: 401, headers: new HeaderMap([['www-authenticate', 'Bearer']]) };
  return new GraphQLError(error.message, {
    originalError: error,
    extensions: { code: error.code, http },
  });
}
