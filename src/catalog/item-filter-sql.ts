import { type Sql, sql } from '../store/database.ts';
import type { CheckedCondition } from './item-filter.ts';

/** Returns the condition that a row of `items` passes all conditions. */
export function sqlOf(conditions: readonly CheckedCondition[]): Sql {
  const tests = conditions.flatMap((condition) =>
    condition.kind === 'numeric' ? numericTests(condition) : categoryTests(condition),
  );
  return tests.reduce((all, each) => sql`${all} AND ${each}`, sql`TRUE`);
}

/** Numbers are compared as JSON, since a JSON number can be too large for float8. */
function numericTests({ feature, atLeast, atMost }: CheckedCondition): Sql[] {
  const number = valueOfType(feature, 'number');
  return [
    ...(atLeast == null ? [] : [sql`coalesce(${number} >= to_jsonb(${atLeast}::float8), FALSE)`]),
    ...(atMost == null ? [] : [sql`coalesce(${number} <= to_jsonb(${atMost}::float8), FALSE)`]),
  ];
}

function categoryTests({ feature, kind, in: among, notIn }: CheckedCondition): Sql[] {
  const isOneOf = (values: readonly string[]) =>
    kind === 'multiValued'
      ? sql`coalesce(${valueOfType(feature, 'array')} ?| ${[...values]}::text[], FALSE)`
      : sql`coalesce(${valueOfType(feature, 'string')} #>> '{}' = ANY(${[...values]}::text[]), FALSE)`;
  return [...(among ? [isOneOf(among)] : []), ...(notIn ? [sql`NOT ${isOneOf(notIn)}`] : [])];
}

/** Returns the value of a feature; NULL if it has another type, since items can also be stored past the checks. */
function valueOfType(feature: string, type: 'string' | 'array' | 'number'): Sql {
  return sql`(CASE jsonb_typeof(items.features -> ${feature}) WHEN ${type} THEN items.features -> ${feature} END)`;
}
