import { describe, expect, test } from '@jest/globals';
import { amountOf, amountScale, standardAmount } from '../../src/features/amounts.ts';
import { typeIndex } from '../../src/features/interaction-types.ts';

describe('amountScale', () => {
  test('has the mean and the standard deviation of the amounts that there are', () => {
    // The squared differences from 4 are 9, 1, 1 and 9.
    const scale = amountScale([1, Number.NaN, 3, 5, 7]);
    expect(scale?.mean).toBeCloseTo(4, 10);
    expect(scale?.deviation).toBeCloseTo(Math.sqrt(5), 10);
    const large = amountScale([1e9 + 1, 1e9 + 3]);
    expect([large, amountScale([1e9, 1e9 + 1e5])?.deviation]).toEqual([undefined, expect.closeTo(5e4, 3)]);
  });

  test.each([
    ['there are none', []],
    ['all are missing', [Number.NaN, Number.NaN]],
    ['all are equal', [0.1, 0.1, 0.1]],
    ['all are 0', [0, 0]],
  ])('is undefined if %s', (_, amounts) => {
    expect(amountScale(amounts)).toBeUndefined();
  });
});

describe('standardAmount', () => {
  const scale = { mean: 10, deviation: 4 };

  test('returns the deviations above the mean, at most three', () => {
    expect([12, 10, 4, 22, 1000, -1000].map((amount) => standardAmount(scale, amount))).toEqual([
      0.5, 0, -1.5, 3, 3, -3,
    ]);
  });

  test('returns 0 without an amount, and for a type without a scale', () => {
    expect([standardAmount(scale, Number.NaN), standardAmount(undefined, 7)]).toEqual([0, 0]);
  });
});

test('amountOf returns the value of an interaction unless it is a rating', () => {
  const [rate, play] = [typeIndex('RATE'), typeIndex('PLAY')];
  expect([amountOf(play, 0.75), amountOf(play, null), amountOf(rate, 5)]).toEqual([0.75, Number.NaN, Number.NaN]);
});
