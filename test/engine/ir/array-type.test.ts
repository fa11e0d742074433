import { describe, expect, test } from '@jest/globals';
import {
  evaluateDimension,
  evaluateShape,
  explainDimension,
  sameShape,
  symbolicSize,
} from '../../../src/engine/ir/array-type.ts';

const samples = [
  { n: 5, m: 7 },
  { n: 11, m: 13 },
  { n: 17, m: 29 },
];

describe('a dimension', () => {
  test('has the size that its symbols give it', () => {
    expect(evaluateDimension(4, {})).toBe(4);
    expect(evaluateDimension(symbolicSize(['n', 'm'], 2, 1), { n: 3, m: 5 })).toBe(31);
  });

  test('has no size without a size for each of its symbols', () => {
    expect(() => evaluateShape([2, symbolicSize(['n'])], { m: 5 })).toThrow(
      new RangeError('the dimension "n" has no size; the dimensions with a size are: m'),
    );
    expect(() => evaluateShape([symbolicSize(['n'])])).toThrow('the dimensions with a size are: none');
  });

  test('equals one with the same factor, symbols and offset', () => {
    expect(sameShape([2, symbolicSize(['n'], 3)], [2, symbolicSize(['n'], 3)])).toBe(true);
    expect(sameShape([symbolicSize(['n'], 3)], [symbolicSize(['n'], 3, 1)])).toBe(false);
    expect(sameShape([symbolicSize(['n'])], [symbolicSize(['m'])])).toBe(false);
    expect(sameShape([symbolicSize(['n'])], [3])).toBe(false);
  });

  test.each([
    { kind: 'a number', sizes: [4, 4, 4], explanation: 4 },
    { kind: 'one symbol', sizes: [7, 13, 29], explanation: symbolicSize(['m']) },
    { kind: 'a multiple and an offset', sizes: [13, 31, 49], explanation: symbolicSize(['n'], 3, -2) },
    { kind: 'a product of two symbols', sizes: [70, 286, 986], explanation: symbolicSize(['n', 'm'], 2) },
    { kind: 'a square', sizes: [26, 122, 290], explanation: symbolicSize(['n', 'n'], 1, 1) },
  ])('is explained from three sizes as $kind', ({ sizes, explanation }) => {
    expect(explainDimension(sizes, samples)).toEqual(explanation);
  });

  test('is not explained if no expression fits all sizes', () => {
    expect(explainDimension([5, 11, 18], samples)).toBeNull();
  });
});
