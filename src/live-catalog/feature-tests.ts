import type { CheckedCondition } from '../catalog/item-filter.ts';
import { rangeOfDates } from '../features/dates.ts';
import { type FeatureColumn, featureColumn, type RowTest } from './feature-columns.ts';
import type { ItemTable } from './item-table.ts';

/** Returns the tests of conditions on features. An item passes the conditions if it passes all tests. */
export function featureTests(items: ItemTable, conditions: readonly CheckedCondition[]): RowTest[] {
  return conditions.flatMap((condition) => {
    // No item has a feature that was undeclared while the list was made.
    return testsOf(items.column(condition.feature) ?? featureColumn(condition), condition);
  });
}

function testsOf(
  column: FeatureColumn,
  { in: among, notIn, atLeast, atMost, from, until }: CheckedCondition,
): RowTest[] {
  const tests: RowTest[] = [];
  if (among) tests.push(column.isOneOf(among));
  if (notIn) {
    const isOneOf = column.isOneOf(notIn);
    tests.push((row) => !isOneOf(row));
  }
  if (atLeast != null || atMost != null) tests.push(column.isWithin(atLeast ?? -Infinity, atMost ?? Infinity));
  if (from != null || until != null) tests.push(column.isWithin(...rangeOfDates(from, until)));
  return tests;
}
