import { expect, test } from '@jest/globals';
import { comparedTo } from '../../src/registry/compared-to.ts';

test.each([
  [0.15, 0.171, '14% better than'],
  [0.2, 0.19, '5% worse than'],
  [0.2, 0.2, 'equal to'],
  [0, 0, 'equal to'],
  [0, 0.1, 'better than'],
  [0.2, 0, '100% worse than'],
  [0.1201, 0.12, 'less than 0.1% worse than'],
  [0.25, 0.475, '90% better than'],
  [0.25, 0.5, '2 times'],
  [0.1, 0.46, '4.6 times'],
])('compared with %d, %d is %s', (rivalValue, value, expected) => {
  expect(comparedTo(rivalValue, value)).toBe(expected);
});
