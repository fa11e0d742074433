import type { ApolloServerPlugin } from '@apollo/server';
import type { Authenticate } from '../access/authenticate.ts';
import { authenticateCaller } from '../access/authenticate-caller.ts';
import { WarmstartError } from '../common/errors.ts';
import { refusalOf } from './format-error.ts';
import type { RequestContext } from './request-context.ts';

/**
 * Authenticates the caller of a valid operation before it is executed, within the time of the operation, and puts the
 * principal into the context. An invalid key or token refuses the whole request with status 401 and counts against its
 * address. While the database does not answer, requests with a key that was not verified lately are refused with status
 * 503, which counts against nobody.
 *
 * A plugin that must refuse requests before a key is looked up comes before this one; see `admissionPlugin`.
 */
export function authenticationPlugin(authenticate: Authenticate): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      async didResolveOperation({ request: { http }, contextValue }) {
        const authorization = http?.headers.get('authorization');
        const { allowance, time } = contextValue.request;
        try {
          contextValue.principal = await time.within(authenticateCaller(authenticate, authorization, allowance));
        } catch (error) {
          throw error instanceof WarmstartError ? refusalOf(error) : error;
        }
      },
    }),
  };
}
