import { type FieldPath, inputError, WarmstartError } from '../common/errors.ts';
import type { FeatureField } from '../features/feature-schema.ts';
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
    sql`SELECT entity::text AS entity, name, kind::text AS kind FROM feature_fields ORDER BY entity, name FOR SHARE`,
  );
  return rows.map(fieldOf);
}

function withoutNulls(condition: FeatureCondition): FeatureCondition {
  const { feature, in: among, notIn, atLeast, atMost } = condition;
  const tests = Object.entries({ in: among, notIn, atLeast, atMost }).filter(([, test]) => test != null);
  return { feature, ...Object.fromEntries(tests) };
}

/**
 * Returns tests that are true or false for every item, as `sqlOf` does. Without the type, a comparison with a value of
 * another type would be neither.
 */
function testsOf({ feature, kind, in: among, notIn, atLeast, atMost }: CheckedCondition): string[] {
  const value = `$.${JSON.stringify(feature)}`;
  const isOneOf = (values: readonly string[]) => `${isOfType(value, kind)} && ${oneOf[kind](value, values)}`;
  const compared = (operator: string, bound: number) => `${isOfType(value, kind)} && ${value} ${operator} ${bound}`;
  return [
    ...(among ? [isOneOf(among)] : []),
    ...(notIn ? [`!(${isOneOf(notIn)})`] : []),
    ...(atLeast == null ? [] : [compared('>=', atLeast)]),
    ...(atMost == null ? [] : [compared('<=', atMost)]),
  ];
}

const jsonTypes = { categorical: 'string', multiValued: 'array', numeric: 'number' } as const;

function isOfType(value: string, kind: CheckedCondition['kind']): string {
  return `${value}.type() == "${jsonTypes[kind]}"`;
}

const equalsOne = (value: string, values: readonly string[]) =>
  `(${values.map((one) => `${value} == ${JSON.stringify(one)}`).join(' || ')})`;

const oneOf: Record<CheckedCondition['kind'], (value: string, values: readonly string[]) => string> = {
  categorical: equalsOne,
  multiValued: (value, values) => `exists(${value}[*] ? (@.type() == "string" && ${equalsOne('@', values)}))`,
  numeric: equalsOne,
};
