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

/**
 * What an operation may cost at most, in the points of `fieldCosts`, at least 1. Throws OPERATION_TOO_LARGE when it selects so much
 * through fragments that this cannot be told. Variables that do not fit cost 1: the execution refuses them first of all.
 */
export function operationCost({ schema, document, operation, variables = {} }: PricedOperation): number {
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
    const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
    if (errors) return 1;
    throw new WarmstartError(
      'OPERATION_TOO_LARGE',
      `fragments: expected at most ${mostFields} selected fields once they are spread, got more; ask for less at once`,
      { cause },
    );
  }
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
