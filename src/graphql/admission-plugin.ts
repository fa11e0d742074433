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

interface PricedOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  /** Whether messages keep quiet about names of the schema that are like a wrong one. */
  readonly hideSuggestions: boolean;
  readonly settings: CostSettings;
}

/** Fragments that spread fragments, twice each, make of few tokens any number of fields; counting this many takes some milliseconds. */
const maxFields = 4000;
/** Most things that are told to be wrong with variables. */
const maxFaults = 5;

/**
 * What an operation may cost at most, in the points of `fieldCosts`, at least 1. Throws BAD_USER_INPUT for variables and arguments that do not fit
 * it or are larger than they may be, and OPERATION_TOO_LARGE when it selects so much through fragments that its cost cannot be told.
 */
function operationCost(operation: PricedOperation): number {
  checkVariables(operation);
  try {
    return Math.max(1, complexityOf(operation));
  } catch (error) {
    throw error instanceof GraphQLError ? faultOf(error) : error;
  }
}

/** The execution would refuse them, too, but only after somebody has looked who asks. */
function checkVariables({ schema, operation, variables = {}, hideSuggestions }: PricedOperation): void {
  const options = { maxErrors: maxFaults, hideSuggestions };
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, options);
  if (errors) throw inputFaults(errors);
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

/** An argument that does not fit, such as a variable that is `null` where the argument must not be, is found with its place; too many nodes, with none. */
function faultOf(error: GraphQLError): WarmstartError {
  if (error.nodes) return inputFaults([error]);
  const message = `fragments: expected at most ${maxFields} selected fields once they are spread, got more; ask for less at once`;
  return new WarmstartError('OPERATION_TOO_LARGE', message, { cause: error });
}

function inputFaults(errors: readonly GraphQLError[]): WarmstartError {
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
  // Where a page ends is known once the page is.
  const base = isLeafType(type) || type.name === 'PageInfo' ? 0 : 1;
  return field.args.some(({ name }) => name === 'first') ? { base, times: first } : { base };
}
