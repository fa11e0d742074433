import { type GraphQLArgument, type GraphQLInputField, getNamedType, isInputObjectType } from 'graphql';
import { maxConditions, maxValues } from '../catalog/item-filter.ts';
import { type FieldPath, inputError } from '../common/errors.ts';
import { maxSampled, minSampled } from '../explanation/context-map.ts';
import { maxTasks } from '../explanation/route-comparison.ts';
import { maxShelves } from '../serving/fill-shelves.ts';
import { maxExcluded } from '../serving/list-conditions.ts';
import { maxSeenBy } from '../serving/seen-items.ts';
import { maxVisitorInteractions } from '../serving/visitor.ts';
import { maxPageSize } from './connection.ts';
import type { FieldArguments } from './field-costs.ts';
import { maxNodes } from './find-nodes.ts';

/** The permitted length of a list, or range of a number. */
export interface InputLimit {
  readonly min?: number;
  readonly max: number;
  /** The name of a list's elements, for messages. */
  readonly of?: string;
}

const excluded: InputLimit = { max: maxExcluded, of: 'IDs' };
const types: InputLimit = { max: maxSeenBy, of: 'types' };
const values: InputLimit = { max: maxValues, of: 'values' };

/**
 * The limits of arguments, by `Type.field.argument`, and of input fields, by `InputType.field`. They are checked before
 * the caller is authenticated. The services check them again, by the same constants. The batches of mutations are not
 * in the table, because problems with them belong in `userErrors`.
 */
export const inputLimits: Readonly<Record<string, InputLimit>> = {
  'Query.nodes.ids': { max: maxNodes },
  'Query.recommendations.exclude': excluded,
  'Query.shelves.exclude': excluded,
  'Query.whyNot.exclude': excluded,
  'Query.recommendations.seenBy': types,
  'Query.shelves.seenBy': types,
  'Query.whyNot.seenBy': types,
  'Query.shelves.scenarios': { min: 1, max: maxShelves, of: 'scenarios' },
  'Query.routeComparison.tasks': { min: 1, max: maxTasks },
  'Query.contextMap.sample': { min: minSampled, max: maxSampled },
  'VisitorInput.interactions': { max: maxVisitorInteractions },
  'ItemFilter.features': { max: maxConditions, of: 'conditions' },
  'ScenarioRuleInput.features': { max: maxConditions, of: 'conditions' },
  'FeatureCondition.in': values,
  'FeatureCondition.notIn': values,
};

/** The limit of every argument `first`. */
const page: InputLimit = { min: 1, max: maxPageSize };

/** Throws BAD_USER_INPUT if an argument of a field, or a part of it, is outside its limits. */
export function checkInputSizes(
  { type, args }: { readonly type: string; readonly args: readonly GraphQLArgument[] },
  given: FieldArguments,
): void {
  for (const arg of args) {
    const value = given[arg.name];
    // Most arguments are not given.
    if (value == null) continue;
    const limit = arg.name === 'first' ? page : inputLimits[`${type}.${arg.name}`];
    check(arg, limit, value, [arg.name]);
  }
}

type Input = GraphQLArgument | GraphQLInputField;

function check({ type }: Input, limit: InputLimit | undefined, value: unknown, path: FieldPath): void {
  if (limit) checkSize(limit, value, path);
  const inner = getNamedType(type);
  if (!isInputObjectType(inner)) return;
  const parts = Array.isArray(value)
    ? value.map((part, index) => [part, [...path, index]] as const)
    : [[value, path] as const];
  for (const field of Object.values(inner.getFields())) {
    for (const [part, at] of parts) {
      const own = part?.[field.name];
      if (own != null) check(field, inputLimits[`${inner.name}.${field.name}`], own, [...at, field.name]);
    }
  }
}

function checkSize({ min = 0, max, of }: InputLimit, value: unknown, path: FieldPath): void {
  const size = Array.isArray(value) ? value.length : Number(value);
  if (size >= min && size <= max) return;
  const range = min > 0 ? `${min} to ${max}` : `at most ${max}`;
  throw inputError(path, `expected ${of ? `${range} ${of}` : range}, got ${size}`);
}
