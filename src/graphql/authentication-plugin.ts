import type { ApolloServerPlugin } from '@apollo/server';
import type { Authenticate } from '../access/authenticate.ts';
import { authenticateCaller } from '../access/authenticate-caller.ts';
import { WarmstartError } from '../common/errors.ts';
import { refusalOf } from './format-error.ts';
import type { RequestContext } from './request-context.ts';

/**
 * Finds out, before a valid operation is executed, who sent it; resolvers find it in their context. A key or token that is
 * not valid refuses the whole request, with status 401, and counts against its sender; a database
 * that is away refuses it with status 503, and counts against nobody.
 *
 * A plugin that refuses requests before a key is looked up stands before this one, and throws from its `didResolveOperation`
 * instead of rejecting: Apollo begins these hooks of all plugins in their order without waiting for one to end.
 */
export function authenticationPlugin(authenticate: Authenticate): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      async didResolveOperation({ request: { http }, contextValue }) {
        const authorization = http?.headers.get('authorization');
        const { allowance } = contextValue.request;
        try {
          contextValue.principal = await authenticateCaller(authenticate, authorization, allowance);
        } catch (error) {
          throw error instanceof WarmstartError ? refusalOf(error) : error;
        }
      },
    }),
  };
}
