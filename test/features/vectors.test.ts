import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { directedVector, singlePrecision } from '../../src/features/vectors.ts';

describe('singlePrecision', () => {
  test('keeps the 32 bits of a number, and changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e15, max: 1e15, noNaN: true }), (number) => {
        const single = singlePrecision(number);
        expect(Math.fround(single)).toBe(Math.fround(number));
        expect(singlePrecision(Math.fround(number))).toBe(single);
      }),
    );
  });

  test('keeps numbers of few decimals, and shortens the decimals of 32-bit numbers', () => {
    expect([0.1, -12.5, 0.000123, 1e15].map(singlePrecision)).toEqual([0.1, -12.5, 0.000123, 999999986991104]);
    expect(singlePrecision(0.052345678901234)).toBe(0.05234568);
  });
});

test('directedVector reads lists of finite numbers of the width of a field that are not all zero', () => {
  const read = (value: unknown) => directedVector({ width: 2 }, value as number[]);
  expect(read([1, 0])).toEqual([1, 0]);
  for (const value of [[0, 0], [1e-60, 0], [1], [1, 2, 3], [1, Number.NaN], ['1', '2'], 'ab', 3, null, undefined])
    expect(read(value)).toBeUndefined();
});
