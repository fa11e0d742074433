import {
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  getVariableValues,
  isIntrospectionType,
  isLeafType,
  type OperationDefinitionNode,
} from 'graphql';
import { type ComplexityEstimator, getComplexity } from 'graphql-query-complexity';
import { WarmstartError } from '../errors.ts';
import { type FieldCost, fieldCosts, first } from './field-costs.ts';

export interface PricedOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
}

/** Fragments that spread fragments, twice each, make of few tokens any number of fields; counting this many takes some milliseconds. */
const mostFields = 4000;
/** Most things that are told to be wrong with variables. */
const mostFaults = 5;

/**
 * What an operation may cost at most, in the points of `fieldCosts`, at least 1. Throws BAD_USER_INPUT for variables that do not fit it, and
 * OPERATION_TOO_LARGE when it selects so much through fragments that its cost cannot be told.
 */
export function operationCost({ schema, document, operation, variables = {} }: PricedOperation): number {
  checkVariables(schema, operation, variables);
  try {
    const operationName = operation.name?.value;
    return Math.max(
      1,
      getComplexity({
        schema,
        query: document,
        variables: { ...variables },
        estimators: [estimate],
        maxQueryNodes: mostFields,
        ...(operationName !== undefined && { operationName }),
      }),
    );
  } catch (cause) {
    throw new WarmstartError(
      'OPERATION_TOO_LARGE',
      `fragments: expected at most ${mostFields} selected fields once they are spread, got more; ask for less at once`,
      { cause },
    );
  }
}

/** The execution would refuse them, too, but only after somebody has looked who asks. */
function checkVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): void {
  const { errors } = getVariableValues(schema, variableDefinitions, variables, { maxErrors: mostFaults });
  if (!errors) return;
  throw new WarmstartError('BAD_USER_INPUT', errors.map(({ message }) => message).join(' '));
}

const estimate: ComplexityEstimator = ({ type, field, args, childComplexity }) => {
  if (isIntrospectionType(getNamedType(field.type)) || isIntrospectionType(type)) return 0;
  const { base, times, each = 0 } = fieldCosts[`${type.name}.${field.name}`] ?? usualCost(field);
  return base + (times?.(args) ?? 1) * (each + childComplexity);
};

function usualCost(field: Parameters<ComplexityEstimator>[0]['field']): FieldCost {
  const type = getNamedType(field.type);
  // Where a page ends is known once the page is.
  const base = isLeafType(type) || type.name === 'PageInfo' ? 0 : 1;
  return field.args.some(({ name }) => name === 'first') ? { base, times: first } : { base };
}
