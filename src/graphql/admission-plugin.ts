import type { ApolloServerPlugin } from '@apollo/server';
import { GraphQLError, type GraphQLSchema, getVariableValues, type OperationDefinitionNode } from 'graphql';
import { WarmstartError } from '../common/errors.ts';
import { refusalOf, shortMessage } from './format-error.ts';
import { operationPrice, type Price, type PriceInputs } from './operation-price.ts';
import type { RequestContext } from './request-context.ts';

/**
 * Refuses an operation, before any of it is executed, if its variables or arguments do not fit, or if it costs more
 * than `maxCost` or than its caller has left.
 *
 * The hook throws synchronously instead of rejecting: Apollo calls these hooks of all plugins in order without waiting
 * for any of them, and the plugins after this one must not start work for an operation that is refused.
 */
export function admissionPlugin(maxCost: number, hideSuggestions: boolean): ApolloServerPlugin<RequestContext> {
  // Apollo keeps the documents that come often.
  const prices = new WeakMap<OperationDefinitionNode, Price>();
  return {
    requestDidStart: async () => ({
      didResolveOperation({ schema, document, operation, request, contextValue }) {
        if (!operation) return Promise.resolve();
        try {
          const variables = variablesOf(schema, operation, request.variables ?? {}, hideSuggestions);
          const price = prices.get(operation) ?? operationPrice(schema, document, operation);
          prices.set(operation, price);
          const cost = costOf(price, { variables, settings: new SettingsOfServing(contextValue) });
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

/** Maximum problems with variables that a message names. */
const maxProblems = 5;

/**
 * Returns the values of all variables, with defaults filled in. Throws BAD_USER_INPUT for those that do not fit. The
 * execution refuses them too, but only after the caller has been looked up. If `hideSuggestions`, messages do not
 * suggest names of the schema that are similar to a wrong one.
 */
function variablesOf(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  given: Readonly<Record<string, unknown>>,
  hideSuggestions: boolean,
): PriceInputs['variables'] {
  const options = { maxErrors: maxProblems, hideSuggestions };
  const { coerced, errors } = getVariableValues(schema, variableDefinitions, given, options);
  if (errors) throw inputErrorOf(errors);
  return coerced;
}

/** Most operations need neither of these, nor the session from which they come. */
class SettingsOfServing {
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  get items(): number {
    return this.#context.serving.platform.catalog.items.size;
  }
}

/** Returns the cost of an operation, at least 1. Throws BAD_USER_INPUT and OPERATION_TOO_LARGE. */
function costOf(price: Price, inputs: PriceInputs): number {
  try {
    return Math.max(1, price(inputs));
  } catch (error) {
    // An argument that does not fit, such as a `null` variable for a required argument.
    throw error instanceof GraphQLError ? inputErrorOf([error]) : error;
  }
}

function checkCost(cost: number, maxCost: number): void {
  if (cost <= maxCost) return;
  const message = `cost: expected an operation of at most ${maxCost} points, got one of ${cost}; request less at once`;
  throw new WarmstartError('OPERATION_TOO_LARGE', message);
}

function inputErrorOf(errors: readonly GraphQLError[]): WarmstartError {
  return new WarmstartError('BAD_USER_INPUT', errors.map(({ message }) => shortMessage(message)).join(' '));
}
