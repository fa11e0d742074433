import { rangeOfDates, storedDatePattern, timeText } from '../features/dates.ts';
import type { FeatureKind } from '../features/feature-schema.ts';
import { type Sql, sql } from '../store/database.ts';
import type { CheckedCondition } from './item-filter.ts';

/** Returns the condition that a row of `items` passes all conditions. */
export function sqlOf(conditions: readonly CheckedCondition[]): Sql {
  const tests = conditions.flatMap((condition) => testsOfKind[condition.kind](condition));
  return tests.reduce((all, each) => sql`${all} AND ${each}`, sql`TRUE`);
}

const testsOfKind: Readonly<Record<FeatureKind, (condition: CheckedCondition) => Sql[]>> = {
  categorical: categoryTests,
  multiValued: categoryTests,
  numeric: numericTests,
  // No condition on vectors passes the check.
  vector: () => [],
  date: dateTests,
};

/** Numbers are compared as JSON, since a JSON number can be too large for float8. */
function numericTests({ feature, atLeast, atMost }: CheckedCondition): Sql[] {
  const value = storedValue(feature);
  return [
    ...(atLeast == null ? [] : [whereTypeIs('number', feature, sql`${value} >= to_jsonb(${atLeast}::float8)`)]),
    ...(atMost == null ? [] : [whereTypeIs('number', feature, sql`${value} <= to_jsonb(${atMost}::float8)`)]),
  ];
}

/** Dates without a time begin at midnight. All texts are then equally long, and have the order of the moments. */
function dateTests({ feature, from, until }: CheckedCondition): Sql[] {
  const [earliest, latest] = rangeOfDates(from, until).map(timeText);
  const text = sql`(items.features ->> ${feature})`;
  const moment = sql`CASE length(${text}) WHEN 10 THEN ${text} || 'T00:00:00.000Z' ELSE ${text} END COLLATE "C"`;
  return [
    whereTypeIs('string', feature, sql`${text} ~ ${storedDatePattern} AND ${moment} BETWEEN ${earliest} AND ${latest}`),
  ];
}

function categoryTests({ feature, kind, in: among, notIn }: CheckedCondition): Sql[] {
  const isOneOf = (values: readonly string[]) =>
    kind === 'multiValued'
      ? whereTypeIs('array', feature, sql`${storedValue(feature)} ?| ${[...values]}::text[]`)
      : whereTypeIs('string', feature, sql`items.features ->> ${feature} = ANY(${[...values]}::text[])`);
  return [...(among ? [isOneOf(among)] : []), ...(notIn ? [sql`NOT ${isOneOf(notIn)}`] : [])];
}

function storedValue(feature: string): Sql {
  return sql`(items.features -> ${feature})`;
}

/** Items can also be stored past the checks, with values of other types. Few rows pass the test, so it comes first. */
function whereTypeIs(type: 'string' | 'array' | 'number', feature: string, test: Sql): Sql {
  return sql`coalesce(${test} AND jsonb_typeof(${storedValue(feature)}) = ${type}, FALSE)`;
}
