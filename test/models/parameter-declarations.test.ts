import { describe, expect, test } from '@jest/globals';
import { initialize } from '../../src/models/parameter-declarations.ts';

const declarations = {
  weight: { shape: [100, 50], mean: 1, deviation: 2 },
  bias: { shape: [3], mean: 4, deviation: 0 },
};

describe('initialize', () => {
  test('draws from the declared normal distribution', () => {
    const { data } = initialize(declarations, 1).weight as { data: Float32Array };
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
    // Five standard errors of 5,000 draws: 5·2/√5000 and 5·√2·4/√5000.
    expect(Math.abs(mean - 1)).toBeLessThan(0.15);
    expect(Math.abs(variance - 4)).toBeLessThan(0.4);
    const within = data.filter((value) => Math.abs(value - 1) < 2).length / data.length;
    expect(within).toBeCloseTo(0.683, 1);
  });

  test('fills a parameter with the mean if the deviation is zero', () => {
    expect(initialize(declarations, 1).bias).toEqual({
      dtype: 'float32',
      shape: [3],
      data: Float32Array.of(4, 4, 4),
    });
  });

  test('draws each row with its own deviation if one is declared per row', () => {
    const rows = { shape: [3, 400], mean: 0, deviation: [1, 0, 10] };
    const data = [...(initialize({ rows }, 1).rows?.data ?? [])];
    const [first, second, third] = [0, 400, 800].map((start) =>
      Math.sqrt(data.slice(start, start + 400).reduce((sum, value) => sum + value ** 2, 0) / 400),
    );
    // Within five standard errors, 5/√800, of 1 and of 10.
    expect(Math.abs((first as number) - 1)).toBeLessThan(0.18);
    expect(second).toBe(0);
    expect(Math.abs((third as number) / 10 - 1)).toBeLessThan(0.18);
  });

  test('gives equal values for equal seeds, and different values for different seeds', () => {
    expect(initialize(declarations, 7)).toEqual(initialize(declarations, 7));
    expect(initialize(declarations, 7).weight).not.toEqual(initialize(declarations, 8).weight);
  });
});
