import type { FeatureCondition } from '../catalog/item-filter.ts';
import type { FeatureColumn, RowTest } from './feature-columns.ts';
import type { ItemTable } from './item-table.ts';

/** Returns the tests of conditions that `checkItemFilter` has accepted. An item passes if it passes all. */
export function featureTests(items: ItemTable, conditions: readonly FeatureCondition[]): RowTest[] {
  return conditions.flatMap((condition) => {
    const column = items.column(condition.feature);
    // The feature has just been declared, so no item has it.
    return column ? testsOf(column, condition) : [condition.notIn ? always : never];
  });
}

const always: RowTest = () => true;
const never: RowTest = () => false;

function testsOf(column: FeatureColumn, { in: among, notIn, atLeast, atMost }: FeatureCondition): RowTest[] {
  const tests: RowTest[] = [];
  if (among) tests.push(column.isOneOf(among));
  if (notIn) {
    const isOneOf = column.isOneOf(notIn);
    tests.push((row) => !isOneOf(row));
  }
  if (atLeast != null || atMost != null) tests.push(column.isWithin(atLeast ?? -Infinity, atMost ?? Infinity));
  return tests;
}
