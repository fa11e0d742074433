import { type GraphQLArgument, type GraphQLInputField, getNamedType, isInputObjectType } from 'graphql';
import { inputFault } from '../catalog/input-fault.ts';
import { maxConditions, maxValues } from '../catalog/item-filter.ts';
import type { FieldPath } from '../common/errors.ts';
import { maxSampled, minSampled } from '../explanation/context-map.ts';
import { maxTasks } from '../explanation/route-comparison.ts';
import { maxShelves } from '../serving/fill-shelves.ts';
import { maxExcluded } from '../serving/list-conditions.ts';
import { maxVisitorInteractions } from '../serving/visitor.ts';
import { maxPageSize } from './connection.ts';
import type { FieldArguments } from './field-costs.ts';
import { maxNodes } from './find-nodes.ts';

/** Of how many something may be, or how large a number. */
export interface InputLimit {
  readonly least?: number;
  readonly most: number;
  /** What there are many of, in a list. */
  readonly of?: string;
}

const excluded: InputLimit = { most: maxExcluded, of: 'ids' };
const values: InputLimit = { most: maxValues, of: 'values' };

/**
 * The sizes that queries may ask for, by `Type.field.argument`, or by `InputType.field`: what is larger is refused before anybody asks who sent it.
 * The services that take them check them as well, by the same numbers. Batches of mutations are not among them: what is wrong with those is in their `userErrors`.
 */
export const inputLimits: Readonly<Record<string, InputLimit>> = {
  'Query.nodes.ids': { most: maxNodes },
  'Query.recommendations.exclude': excluded,
  'Query.shelves.exclude': excluded,
  'Query.whyNot.exclude': excluded,
  'Query.shelves.scenarios': { least: 1, most: maxShelves, of: 'scenarios' },
  'Query.routeComparison.tasks': { least: 1, most: maxTasks },
  'Query.contextMap.sample': { least: minSampled, most: maxSampled },
  'VisitorInput.interactions': { most: maxVisitorInteractions },
  'ItemFilter.features': { most: maxConditions, of: 'conditions' },
  'FeatureCondition.in': values,
  'FeatureCondition.notIn': values,
};

/** Of every argument `first`. */
const page: InputLimit = { least: 1, most: maxPageSize };

/** Throws BAD_USER_INPUT for an argument of a field, or a part of one, that is smaller or larger than it may be. */
export function checkInputSizes(
  { type, args }: { readonly type: string; readonly args: readonly GraphQLArgument[] },
  given: FieldArguments,
): void {
  for (const arg of args) {
    const limit = arg.name === 'first' ? page : inputLimits[`${type}.${arg.name}`];
    check(arg, limit, given[arg.name], [arg.name]);
  }
}

type Input = GraphQLArgument | GraphQLInputField;

function check({ type }: Input, limit: InputLimit | undefined, value: unknown, path: FieldPath): void {
  if (value == null) return;
  if (limit) checkSize(limit, value, path);
  const inner = getNamedType(type);
  if (!isInputObjectType(inner)) return;
  const parts = Array.isArray(value)
    ? value.map((part, index) => [part, [...path, index]] as const)
    : [[value, path] as const];
  for (const field of Object.values(inner.getFields())) {
    const of = inputLimits[`${inner.name}.${field.name}`];
    for (const [part, at] of parts) check(field, of, part?.[field.name], [...at, field.name]);
  }
}

function checkSize({ least = 0, most, of }: InputLimit, value: unknown, path: FieldPath): void {
  const size = Array.isArray(value) ? value.length : Number(value);
  if (size >= least && size <= most) return;
  const range = least > 0 ? `${least} to ${most}` : `at most ${most}`;
  throw inputFault(path, `expected ${of ? `${range} ${of}` : range}, got ${size}`);
}
