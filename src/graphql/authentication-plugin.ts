import {
  type ApolloServerPlugin,
  type GraphQLRequestContextDidResolveOperation,
  HeaderMap,
} from '@apollo/server';
import { GraphQLError } from 'graphql';
import type { Authenticate } from '../access/authenticate.ts';
import { WarmstartError } from '../errors.ts';
import type { RequestContext } from './request-context.ts';

/** Refuses an operation, which is valid, by throwing. */
export type OperationCheck = (
  request: GraphQLRequestContextDidResolveOperation<RequestContext>,
) => void | Promise<void>;

/**
 * Before an operation is executed: the checks, one after the other, and then who sent it, which resolvers find in their
 * context. A key or token that is not valid refuses the whole request, with status 401.
 *
 * Whatever is to refuse a request before a key is looked up has to be among `checks`: the hooks of several plugins are
 * begun together, so that another plugin's could only refuse while the statement is under way.
 */
export function authenticationPlugin(
  authenticate: Authenticate,
  checks: readonly OperationCheck[] = [],
): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      async didResolveOperation(request) {
        for (const check of checks) await check(request);
        const authorization = request.request.http?.headers.get('authorization');
        request.contextValue.principal = await authenticate(authorization).catch(refuseRequest);
      },
    }),
  };
}

function refuseRequest(error: unknown): never {
  if (!(error instanceof WarmstartError)) throw error;
  const http = { status: 401, headers: new HeaderMap([['www-authenticate', 'Bearer']]) };
  throw new GraphQLError(error.message, {
    originalError: error,
    extensions: { code: error.code, http },
  });
}
