import { type Sql, sql } from '../store/database.ts';
import type { CheckedCondition } from './item-filter.ts';

/** Returns the condition that a row of `items` passes all conditions. */
export function sqlOf(conditions: readonly CheckedCondition[]): Sql {
  const tests = conditions.flatMap((condition) =>
    condition.kind === 'numeric' ? numericTests(condition) : categoryTests(condition),
  );
  return tests.reduce((all, each) => sql`${all} AND ${each}`, sql`TRUE`);
}

function numericTests({ feature, atLeast, atMost }: CheckedCondition): Sql[] {
  // Numeric features only have numbers, but the planner may cast other rows before it filters them out.
  // A stored number can be too large or too small for a float8. Bounds are texts, since a cast of a float8 would round.
  const value = sql`(CASE jsonb_typeof(items.features -> ${feature}) WHEN 'number' THEN (items.features -> ${feature})::numeric END)`;
  return [
    ...(atLeast == null ? [] : [sql`coalesce(${value} >= ${String(atLeast)}::numeric, FALSE)`]),
    ...(atMost == null ? [] : [sql`coalesce(${value} <= ${String(atMost)}::numeric, FALSE)`]),
  ];
}

function categoryTests({ feature, kind, in: among, notIn }: CheckedCondition): Sql[] {
  const isOneOf = (values: readonly string[]) =>
    kind === 'multiValued'
      ? sql`coalesce(items.features -> ${feature} ?| ${[...values]}::text[], FALSE)`
      : sql`coalesce(items.features ->> ${feature} = ANY(${[...values]}::text[]), FALSE)`;
  return [...(among ? [isOneOf(among)] : []), ...(notIn ? [sql`NOT ${isOneOf(notIn)}`] : [])];
}
