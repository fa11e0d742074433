import type { ApolloServerPlugin } from '@apollo/server';
import { WarmstartError } from '../../common/errors.ts';
import { operationCost } from '../operation-cost.ts';
import { refusalOf } from '../refusal.ts';
import type { RequestContext } from '../request-context.ts';

/**
 * Refuses operations whose variables or arguments do not fit, or that cost more than `maxCost` or than their caller has left, before anything of them is executed.
 *
 * The hook throws before it returns, not by its promise: Apollo starts the hooks of all plugins at once, and those after this one must not begin
 * what a refused operation would pay for.
 */
export function admissionPlugin(
  maxCost: number,
  hideSuggestions: boolean,
): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      didResolveOperation({ schema, document, operation, request, contextValue }) {
        if (!operation) return Promise.resolve();
        try {
          const cost = operationCost({
            ...{ schema, document, operation, hideSuggestions },
            variables: request.variables,
            settings: { comparedItems: contextValue.serving.platform.maxCompared },
          });
          checkCost(cost, maxCost);
          contextValue.request.allowance.spend(cost);
        } catch (error) {
          throw error instanceof WarmstartError ? refusalOf(error) : error;
        }
        return Promise.resolve();
      },
    }),
  };
}

function checkCost(cost: number, most: number): void {
  if (cost <= most) return;
  const message = `cost: expected an operation of at most ${most} points, got one of ${cost}; ask for less at once`;
  throw new WarmstartError('OPERATION_TOO_LARGE', message);
}
