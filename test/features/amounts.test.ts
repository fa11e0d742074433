import { describe, expect, test } from '@jest/globals';
import { atOnce } from '../../src/common/pieces.ts';
import { amountOf, fitAmounts, standardAmount } from '../../src/features/amounts.ts';
import { typeIndex } from '../../src/features/interaction-types.ts';

describe('fitAmounts', () => {
  const scaleOf = (amounts: readonly number[]) => atOnce(fitAmounts(amounts));

  test('has the mean and the standard deviation', () => {
    // The squared differences from −4 are 9, 1, 1 and 9.
    expect(scaleOf([-1, -3, -5, -7])).toMatchObject({ mean: -4, deviation: expect.closeTo(Math.sqrt(5), 10) });
  });

  test('is not changed by one amount among ten thousand that is far away', () => {
    const usual = Array.from({ length: 10_000 }, (_, at) => 1 + (at % 5));
    const scale = scaleOf([...usual, 1e9]);
    const difference = standardAmount(scale, 5) - standardAmount(scale, 1);
    expect(difference).toBeGreaterThan(2);
    expect(standardAmount(scale, 1e9)).toBeCloseTo(standardAmount(scale, 5), 6);
  });

  test('has logarithms of skewed amounts, such as seconds', () => {
    const seconds = Array.from({ length: 1000 }, (_, at) => 2 ** (at % 10));
    const scale = scaleOf(seconds);
    const steps = [1, 2, 3].map(
      (power) => standardAmount(scale, 2 ** (3 * power)) - standardAmount(scale, 2 ** (3 * power - 3)),
    );
    expect(scale?.logarithmic).toBe(true);
    expect(Math.max(...steps) / Math.min(...steps)).toBeLessThan(1.5);
  });

  test('reads amounts from the beginning to the end of very many', () => {
    const halves = Array.from({ length: 50_000 }, (_, at) => (at < 25_000 ? 2 : 4));
    expect(scaleOf(halves)).toMatchObject({ mean: 3, deviation: 1 });
  });

  test.each([
    ['there are none', []],
    ['all are equal', [0.1, 0.1, 0.1]],
    ['all are 0', [0, 0]],
  ])('is undefined if %s', (_, amounts) => {
    expect(scaleOf(amounts)).toBeUndefined();
  });
});

test('standardAmount returns 0 without an amount, and for a type without a scale', () => {
  const scale = { mean: 10, deviation: 4 };
  expect([12, 10, 4].map((amount) => standardAmount(scale, amount))).toEqual([0.5, 0, -1.5]);
  expect([standardAmount(scale, Number.NaN), standardAmount(undefined, 7)]).toEqual([0, 0]);
});

test('amountOf returns the value of an interaction unless it is a rating', () => {
  const [rate, play] = [typeIndex('RATE'), typeIndex('PLAY')];
  expect([amountOf(play, 0.75), amountOf(play, null), amountOf(rate, 5)]).toEqual([0.75, Number.NaN, Number.NaN]);
});
