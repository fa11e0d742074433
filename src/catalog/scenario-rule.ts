import { type FieldPath, inputError, WarmstartError } from '../common/errors.ts';
import { dayText, rangeOfDates, storedDatePattern, timeText } from '../features/dates.ts';
import { type FeatureField, type FeatureKind, jsonTypes } from '../features/feature-schema.ts';
import { type Database, sql } from '../store/database.ts';
import { fieldOf, type StoredFeatureField } from './feature-fields.ts';
import { type CheckedCondition, checkItemFilter, type FeatureCondition } from './item-filter.ts';

/** Which items are in a pool: those that meet all conditions. */
export interface ScenarioRule {
  readonly features: readonly FeatureCondition[];
}

/** A rule as it is stored. Triggers evaluate `path`, which says the same in the SQL/JSON path language. */
export interface StoredRule {
  readonly features: readonly FeatureCondition[];
  readonly path: string;
}

/**
 * Returns a rule in its stored form. Throws BAD_USER_INPUT, with the path to the condition, if it has no conditions or
 * too many, if a feature is not declared, or if a test contradicts its kind.
 */
export function storedRule(fields: readonly FeatureField[], { features }: ScenarioRule, path: FieldPath): StoredRule {
  if (features.length === 0) throw inputError([...path, 'features'], 'expected at least one condition, got none');
  const conditions = checkItemFilter(fields, { features }, [...path, 'features']);
  const tests = conditions.flatMap((condition) => testsOf(condition));
  return { features: features.map(withoutNulls), path: tests.map((test) => `(${test})`).join(' && ') };
}

/** Returns the error of a rule at `path`, or its stored form. */
export function ruleOrError(
  fields: readonly FeatureField[],
  rule: ScenarioRule,
  path: FieldPath,
): StoredRule | WarmstartError {
  try {
    return storedRule(fields, rule, path);
  } catch (error) {
    if (error instanceof WarmstartError) return error;
    throw error;
  }
}

/** Returns the declared features. They stay declared until the transaction ends. */
export async function lockedFields(transaction: Database): Promise<FeatureField[]> {
  const rows = await transaction.$queryRaw<StoredFeatureField[]>(
    sql`SELECT entity::text AS entity, name, kind::text AS kind, width FROM feature_fields ORDER BY entity, name FOR SHARE`,
  );
  return rows.map(fieldOf);
}

function withoutNulls(condition: FeatureCondition): FeatureCondition {
  const { feature, in: among, notIn, atLeast, atMost, from, until } = condition;
  const tests = Object.entries({ in: among, notIn, atLeast, atMost, from, until }).filter(([, test]) => test != null);
  return { feature, ...Object.fromEntries(tests) };
}

/**
 * Returns tests that are true or false for every item, as `sqlOf` does. Without the type, a comparison with a value of
 * another type would be neither.
 */
function testsOf(condition: CheckedCondition): string[] {
  const { feature, kind, in: among, notIn, atLeast, atMost } = condition;
  const value = `$.${JSON.stringify(feature)}`;
  const isOneOf = (values: readonly string[]) => `${isOfType(value, kind)} && ${oneOf(kind, value, values)}`;
  const compared = (operator: string, bound: number) => `${isOfType(value, kind)} && ${value} ${operator} ${bound}`;
  return [
    ...(among ? [isOneOf(among)] : []),
    ...(notIn ? [`!(${isOneOf(notIn)})`] : []),
    ...(atLeast == null ? [] : [compared('>=', atLeast)]),
    ...(atMost == null ? [] : [compared('<=', atMost)]),
    ...(kind === 'date' ? [`${isOfType(value, kind)} && ${dateTest(value, condition)}`] : []),
  ];
}

/**
 * Stored dates without a time are the beginning of stored moments, and the order of such texts is that of the moments,
 * except that a day comes before its own midnight.
 */
function dateTest(value: string, { from, until }: CheckedCondition): string {
  const [earliest, latest] = rangeOfDates(from, until);
  const isMidnight = earliest % dayInMilliseconds === 0;
  const sameDay = isMidnight ? ` || ${value} == "${dayText(earliest)}"` : '';
  const isDate = `${value} like_regex ${JSON.stringify(storedDatePattern)}`;
  return `${isDate} && (${value} >= "${timeText(earliest)}"${sameDay}) && ${value} <= "${timeText(latest)}"`;
}

const dayInMilliseconds = 24 * 60 * 60 * 1000;

function isOfType(value: string, kind: FeatureKind): string {
  return `${value}.type() == "${jsonTypes[kind]}"`;
}

const equalsOne = (value: string, values: readonly string[]) =>
  `(${values.map((one) => `${value} == ${JSON.stringify(one)}`).join(' || ')})`;

/** Only these two kinds can have such a test. */
function oneOf(kind: FeatureKind, value: string, values: readonly string[]): string {
  if (kind !== 'multiValued') return equalsOne(value, values);
  return `exists(${value}[*] ? (@.type() == "string" && ${equalsOne('@', values)}))`;
}
