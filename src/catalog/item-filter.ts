import { type FieldPath, inputError, quote, type WarmstartError } from '../common/errors.ts';
import { isStorable, storableText } from '../common/storable-text.ts';
import type { FeatureField } from '../features/feature-schema.ts';
import { type Sql, sql } from '../store/database.ts';

/**
 * A condition on one feature of an item. All given tests must hold. An item without the feature passes only `notIn`.
 */
export interface FeatureCondition {
  readonly feature: string;
  readonly in?: readonly string[] | null | undefined;
  readonly notIn?: readonly string[] | null | undefined;
  readonly atLeast?: number | null | undefined;
  readonly atMost?: number | null | undefined;
}

/** Selects the items that pass all conditions. */
export interface ItemFilter {
  readonly features?: readonly FeatureCondition[] | null | undefined;
  /** Whether unavailable items pass too. */
  readonly includeUnavailable?: boolean | undefined;
}

/** Conditions on rows of `items` for a WHERE clause. */
export interface CheckedItemFilter {
  readonly onFeatures: Sql;
  readonly onAvailability: Sql;
}

export const maxConditions = 20;
export const maxValues = 100;

/**
 * Validates a filter and returns its SQL conditions. `readFields` reads the declared fields; it is called only if the
 * filter has conditions. Throws BAD_USER_INPUT with the condition's path if a feature is not declared or a test
 * contradicts its kind.
 */
export async function checkItemFilter(
  readFields: () => Promise<readonly FeatureField[]>,
  { features, includeUnavailable = false }: ItemFilter,
): Promise<CheckedItemFilter> {
  const onAvailability = includeUnavailable ? sql`TRUE` : sql`items.available`;
  if (!features?.length) return { onFeatures: sql`TRUE`, onAvailability };
  if (features.length > maxConditions) throw wrong([], `at most ${maxConditions} conditions, got ${features.length}`);
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
      `a declared item feature (${names.join(', ') || 'none is declared'}), got ${quote(feature)}`,
    );
  }
  const numeric = field.kind === 'numeric';
  const misplaced = numeric ? (condition.in ?? condition.notIn) : (atLeast ?? atMost);
  if (misplaced != null) {
    const expected = numeric ? 'atLeast and atMost' : 'in and notIn';
    throw wrong([index], `only ${expected} for the ${field.kind} feature "${feature}"`);
  }
  for (const name of ['in', 'notIn'] as const) checkValues(condition[name], [index, name]);
  const tests = numeric ? numericTests(condition) : categoryTests(condition, field.kind === 'multiValued');
  if (tests.length === 0) throw wrong([index], 'at least one of in, notIn, atLeast and atMost, got none');
  return tests.reduce((all, each) => sql`${all} AND ${each}`);
}

function checkValues(values: readonly string[] | null | undefined, field: FieldPath): void {
  if (!values) return;
  // An empty list would match nothing. It is more likely a mistake of the client than intended.
  if (values.length === 0) throw wrong(field, 'at least one value, or null for no condition, got an empty list');
  if (values.length > maxValues) throw wrong(field, `at most ${maxValues} values, got ${values.length}`);
  if (!values.every(isStorable)) throw wrong(field, storableText);
}

function numericTests({ feature, atLeast, atMost }: FeatureCondition): Sql[] {
  // Numeric features only have numbers, but the planner may cast other rows before it filters them out.
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
