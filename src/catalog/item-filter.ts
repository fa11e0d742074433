import { type FieldPath, inputError, quote, type WarmstartError } from '../common/errors.ts';
import { isStorable } from '../common/storable-text.ts';
import type { FeatureField } from '../features/feature-schema.ts';
import { type Sql, sql } from '../store/database.ts';

/** A condition on one feature of an item; all that is said must hold. Without the feature an item passes `notIn` alone. */
export interface FeatureCondition {
  readonly feature: string;
  readonly in?: readonly string[] | null | undefined;
  readonly notIn?: readonly string[] | null | undefined;
  readonly atLeast?: number | null | undefined;
  readonly atMost?: number | null | undefined;
}

/** Items that pass all conditions. */
export interface ItemFilter {
  readonly features?: readonly FeatureCondition[] | null | undefined;
  /** Whether items pass, too, that may not be recommended now. */
  readonly includeUnavailable?: boolean | undefined;
}

/** A condition on rows of `items`, ready to stand in a WHERE. */
export interface CheckedItemFilter {
  readonly onFeatures: Sql;
  readonly onAvailability: Sql;
}

export const maxConditions = 20;
export const maxValues = 100;

/**
 * `readFields` gives the declared fields, and is asked only where there is something to check. Throws BAD_USER_INPUT, naming
 * the condition, for a feature that is not declared or a test that does not fit its kind.
 */
export async function checkItemFilter(
  readFields: () => Promise<readonly FeatureField[]>,
  { features, includeUnavailable = false }: ItemFilter,
): Promise<CheckedItemFilter> {
  const onAvailability = includeUnavailable ? sql`TRUE` : sql`items.available`;
  if (!features?.length) return { onFeatures: sql`TRUE`, onAvailability };
  if (features.length > maxConditions)
    throw wrong([], `at most ${maxConditions} conditions, got ${features.length}`);
  const fields = await readFields();
  const conditions = features.map((condition, index) => conditionOn(fields, condition, index));
  return { onFeatures: conditions.reduce((all, each) => sql`${all} AND ${each}`), onAvailability };
}

function conditionOn(fields: readonly FeatureField[], condition: FeatureCondition, index: number): Sql {
  const { feature, atLeast, atMost } = condition;
  const field = fields.find(({ entity, name }) => entity === 'item' && name === feature);
  if (!field) {
    const names = fields.filter(({ entity }) => entity === 'item').map(({ name }) => name);
    throw wrong(
      [index, 'feature'],
      `a declared item feature (${names.join(', ') || 'there are none'}), got ${quote(feature)}`,
    );
  }
  const numeric = field.kind === 'numeric';
  const misplaced = numeric ? (condition.in ?? condition.notIn) : (atLeast ?? atMost);
  if (misplaced != null) {
    const expected = numeric ? 'atLeast and atMost' : 'in and notIn';
    throw wrong([index], `${expected} alone for the ${field.kind} feature "${feature}"`);
  }
  for (const name of ['in', 'notIn'] as const) checkValues(condition[name], [index, name]);
  const tests = numeric ? numericTests(condition) : categoryTests(condition, field.kind === 'multiValued');
  if (tests.length === 0) throw wrong([index], 'in, notIn, atLeast or atMost, got none of them');
  return tests.reduce((all, each) => sql`${all} AND ${each}`);
}

function checkValues(values: readonly string[] | null | undefined, field: FieldPath): void {
  if (!values) return;
  // What is among no values is nothing: more likely a list that a client did not fill than a wish.
  if (values.length === 0) throw wrong(field, 'at least one value, or null for no such condition, got none');
  if (values.length > maxValues) throw wrong(field, `at most ${maxValues} values, got ${values.length}`);
  if (!values.every(isStorable)) throw wrong(field, 'well-formed strings without U+0000');
}

function numericTests({ feature, atLeast, atMost }: FeatureCondition): Sql[] {
  // A value of another type cannot be stored under a numeric feature, but the planner may cast before it filters.
  const value = sql`(CASE jsonb_typeof(items.features -> ${feature}) WHEN 'number' THEN (items.features ->> ${feature})::float8 END)`;
  return [
    ...(atLeast == null ? [] : [sql`coalesce(${value} >= ${atLeast}::float8, FALSE)`]),
    ...(atMost == null ? [] : [sql`coalesce(${value} <= ${atMost}::float8, FALSE)`]),
  ];
}

function categoryTests({ feature, in: among, notIn }: FeatureCondition, many: boolean): Sql[] {
  const isOneOf = (values: readonly string[]) =>
    many
      ? sql`coalesce(items.features -> ${feature} ?| ${[...values]}::text[], FALSE)`
      : sql`coalesce(items.features ->> ${feature} = ANY(${[...values]}::text[]), FALSE)`;
  return [...(among ? [isOneOf(among)] : []), ...(notIn ? [sql`NOT ${isOneOf(notIn)}`] : [])];
}

function wrong(field: FieldPath, expected: string): WarmstartError {
  return inputError(['filter', 'features', ...field], `expected ${expected}`);
}
