import { expect, test } from '@jest/globals';
import { MinuteBudget } from '../../src/access/minute-budget.ts';
import { eventually } from '../support/eventually.ts';

test('a budget gives each spender its points once, and takes none if too few are left', () => {
  const budget = new MinuteBudget(10);
  expect(budget.left('a')).toBe(10);
  expect(budget.take('a', 7)).toBe(true);
  expect(budget.take('a', 4)).toBe(false);
  expect(budget.left('a')).toBe(3);
  expect(budget.take('a', 3)).toBe(true);
  expect(budget.take('a', 1)).toBe(false);
  expect(budget.take('b', 10)).toBe(true);
  expect(budget.endsIn('a')).toBeGreaterThan(59_000);
  expect(budget.endsIn('a')).toBeLessThanOrEqual(60_000);
});

test('spending more does not postpone the end of the minute', async () => {
  const budget = new MinuteBudget(10);
  budget.take('a', 1);
  await eventually(async () => budget.endsIn('a') < 59_960);
  budget.take('a', 1);
  expect(budget.endsIn('a')).toBeLessThan(59_960);
});
