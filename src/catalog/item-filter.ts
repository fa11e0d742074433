import { type FieldPath, inputError, quote, type WarmstartError } from '../common/errors.ts';
import { isStorable, storableText } from '../common/storable-text.ts';
import { expectedDate, millisecondsOf } from '../features/dates.ts';
import type { FeatureField, FeatureKind } from '../features/feature-schema.ts';

/**
 * A condition on one feature of an item. All given tests must hold. An item without the feature passes only `notIn`.
 */
export interface FeatureCondition {
  readonly feature: string;
  readonly in?: readonly string[] | null | undefined;
  readonly notIn?: readonly string[] | null | undefined;
  readonly atLeast?: number | null | undefined;
  readonly atMost?: number | null | undefined;
  /** The first and the last allowed moment, in ISO 8601. A date without a time stands for its whole day. */
  readonly from?: string | null | undefined;
  readonly until?: string | null | undefined;
}

/** Selects the items that pass all conditions. */
export interface ItemFilter {
  readonly features?: readonly FeatureCondition[] | null | undefined;
  /** Whether unavailable items pass too. */
  readonly includeUnavailable?: boolean | undefined;
}

/** A condition that the declared features allow. */
export interface CheckedCondition extends FeatureCondition {
  readonly kind: FeatureKind;
}

const allTests = ['in', 'notIn', 'atLeast', 'atMost', 'from', 'until'] as const;

/** The tests that features of each kind have. */
const testsOfKind: Readonly<Record<FeatureKind, readonly (typeof allTests)[number][]>> = {
  categorical: ['in', 'notIn'],
  multiValued: ['in', 'notIn'],
  numeric: ['atLeast', 'atMost'],
  vector: [],
  date: ['from', 'until'],
};

export const maxConditions = 20;
export const maxValues = 100;

/**
 * Returns the conditions of a filter on features at `path`. Throws BAD_USER_INPUT with the condition's path if a feature
 * is not among the declared fields or a test contradicts its kind.
 */
export function checkItemFilter(
  fields: readonly FeatureField[],
  { features }: ItemFilter,
  path: FieldPath = ['filter', 'features'],
): CheckedCondition[] {
  const conditions = features ?? [];
  if (conditions.length > maxConditions)
    throw wrong(path, `at most ${maxConditions} conditions, got ${conditions.length}`);
  return conditions.map((condition, index) => checkCondition(fields, condition, [...path, index]));
}

function checkCondition(
  fields: readonly FeatureField[],
  condition: FeatureCondition,
  path: FieldPath,
): CheckedCondition {
  const { feature } = condition;
  const field = fields.find(({ entity, name }) => entity === 'item' && name === feature);
  if (!field) {
    const names = fields.filter(({ entity }) => entity === 'item').map(({ name }) => name);
    throw wrong(
      [...path, 'feature'],
      `a declared item feature (${names.join(', ') || 'none is declared'}), got ${quote(feature)}`,
    );
  }
  const tests = testsOfKind[field.kind];
  const what = `the ${field.kind} feature "${feature}"`;
  if (tests.length === 0) throw wrong([...path, 'feature'], `a feature that has conditions, got ${what}`);
  if (allTests.some((test) => condition[test] != null && !tests.includes(test)))
    throw wrong(path, `only ${tests.join(' and ')} for ${what}`);
  for (const name of ['in', 'notIn'] as const) checkValues(condition[name], [...path, name]);
  for (const name of ['atLeast', 'atMost'] as const) checkBound(condition[name], [...path, name]);
  for (const name of ['from', 'until'] as const) checkDate(condition[name], [...path, name]);
  if (allTests.every((test) => condition[test] == null))
    throw wrong(path, 'at least one of in, notIn, atLeast, atMost, from and until, got none');
  return { ...condition, kind: field.kind };
}

function checkValues(values: readonly string[] | null | undefined, field: FieldPath): void {
  if (!values) return;
  // An empty list would match nothing. It is more likely a mistake of the client than intended.
  if (values.length === 0) throw wrong(field, 'at least one value, or null for no condition, got an empty list');
  if (values.length > maxValues) throw wrong(field, `at most ${maxValues} values, got ${values.length}`);
  if (!values.every(isStorable)) throw wrong(field, storableText);
}

function checkBound(bound: number | null | undefined, field: FieldPath): void {
  if (bound != null && !Number.isFinite(bound)) throw wrong(field, `a finite number, got ${bound}`);
}

function checkDate(date: string | null | undefined, field: FieldPath): void {
  if (date != null && millisecondsOf(date) === undefined) throw wrong(field, `${expectedDate}, got ${quote(date)}`);
}

function wrong(field: FieldPath, expected: string): WarmstartError {
  return inputError(field, `expected ${expected}`);
}
