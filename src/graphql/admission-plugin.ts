import type { ApolloServerPlugin } from '@apollo/server';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  getVariableValues,
  isIntrospectionType,
  isLeafType,
  type OperationDefinitionNode,
} from 'graphql';
import { type ComplexityEstimator, getComplexity } from 'graphql-query-complexity';
import { WarmstartError } from '../common/errors.ts';
import { type CostSettings, type FieldCost, fieldCosts, first } from './field-costs.ts';
import { refusalOf, shortMessage } from './format-error.ts';
import { checkInputSizes } from './input-limits.ts';
import type { RequestContext } from './request-context.ts';

/**
 * Refuses an operation, before any of it is executed, if its variables or arguments do not fit, or if it costs more
 * than `maxCost` or than its caller has left.
 *
 * The hook throws synchronously instead of rejecting: Apollo calls these hooks of all plugins in order without waiting
 * for any of them, and the plugins after this one must not start work for an operation that is refused.
 */
export function admissionPlugin(maxCost: number, hideSuggestions: boolean): ApolloServerPlugin<RequestContext> {
  // Costs of operations without variables, which are always the same. Apollo keeps the documents that come often.
  const constant = new WeakMap<OperationDefinitionNode, number>();
  return {
    requestDidStart: async () => ({
      didResolveOperation({ schema, document, operation, request, contextValue }) {
        if (!operation) return Promise.resolve();
        try {
          const cost =
            constant.get(operation) ??
            operationCost({
              ...{ schema, document, operation, hideSuggestions },
              variables: request.variables,
              // Most operations need neither this setting nor the session from which it comes.
              settings: {
                get comparedItems() {
                  return contextValue.serving.platform.maxCompared;
                },
              },
            });
          if (!operation.variableDefinitions?.length) constant.set(operation, cost);
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

function checkCost(cost: number, maxCost: number): void {
  if (cost <= maxCost) return;
  const message = `cost: expected an operation of at most ${maxCost} points, got one of ${cost}; request less at once`;
  throw new WarmstartError('OPERATION_TOO_LARGE', message);
}

interface PricedOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  /** Whether messages must not suggest names of the schema that are similar to a wrong one. */
  readonly hideSuggestions: boolean;
  readonly settings: CostSettings;
}

/** Nested fragments can select any number of fields with few tokens. Counting this many takes a few milliseconds. */
const maxFields = 4000;
/** Maximum problems with variables that a message names. */
const maxProblems = 5;

/**
 * Returns the maximum that an operation can cost, in the points of `fieldCosts`; at least 1. Throws BAD_USER_INPUT for
 * variables and arguments that do not fit or are too large, and OPERATION_TOO_LARGE if fragments select more fields
 * than can be counted.
 */
function operationCost(operation: PricedOperation): number {
  checkVariables(operation);
  try {
    return Math.max(1, complexityOf(operation));
  } catch (error) {
    throw error instanceof GraphQLError ? errorOf(error) : error;
  }
}

/** The execution refuses them too, but only after the caller has been looked up. */
function checkVariables({ schema, operation, variables = {}, hideSuggestions }: PricedOperation): void {
  const options = { maxErrors: maxProblems, hideSuggestions };
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, options);
  if (errors) throw inputErrorOf(errors);
}

function complexityOf({ schema, document, operation, variables, settings }: PricedOperation): number {
  const operationName = operation.name?.value;
  return getComplexity({
    schema,
    query: document,
    variables: { ...variables },
    estimators: [estimator(settings)],
    maxQueryNodes: maxFields,
    ...(operationName !== undefined && { operationName }),
  });
}

/**
 * Only an argument that does not fit, such as a `null` variable for a required argument, has nodes. Too many fields
 * have none.
 */
function errorOf(error: GraphQLError): WarmstartError {
  if (error.nodes) return inputErrorOf([error]);
  const message = `fragments: expected at most ${maxFields} fields after all fragments are expanded, got more; select fewer fields`;
  return new WarmstartError('OPERATION_TOO_LARGE', message, { cause: error });
}

function inputErrorOf(errors: readonly GraphQLError[]): WarmstartError {
  return new WarmstartError('BAD_USER_INPUT', errors.map(({ message }) => shortMessage(message)).join(' '));
}

const estimator =
  (settings: CostSettings): ComplexityEstimator =>
  ({ type, field, args, childComplexity }) => {
    if (isIntrospectionType(getNamedType(field.type)) || isIntrospectionType(type)) return 0;
    checkInputSizes({ type: `${type.name}.${field.name}`, args: field.args }, args);
    const { base, times, each = 0 } = fieldCosts[`${type.name}.${field.name}`] ?? usualCost(field);
    const own = typeof base === 'function' ? base(args, settings) : base;
    return own + (times?.(args) ?? 1) * (each + childComplexity);
  };

function usualCost(field: Parameters<ComplexityEstimator>[0]['field']): FieldCost {
  const type = getNamedType(field.type);
  // The end of a page is known as soon as the page is.
  const base = isLeafType(type) || type.name === 'PageInfo' ? 0 : 1;
  return field.args.some(({ name }) => name === 'first') ? { base, times: first } : { base };
}
