import { describe, expect, test } from '@jest/globals';
import { agreement, blend, dimensions, randomLatent } from '../../../src/datasets/synthetic/latent.ts';
import {
  exponential,
  integer,
  normal,
  pickSome,
  randomStream,
  uniform,
} from '../../../src/datasets/synthetic/random.ts';
import { mean, variance } from './statistics.ts';

const draws = 20_000;

function sample(draw: () => number): number[] {
  return Array.from({ length: draws }, draw);
}

describe('random draws', () => {
  test('are the same for the same seed and stream, and differ between seeds and between streams', () => {
    const draw = (seed: number, stream: number) => {
      const random = randomStream(seed, stream);
      return Array.from({ length: 5 }, () => uniform(random));
    };
    expect(draw(1, 2)).toEqual(draw(1, 2));
    const some = [draw(1, 0), draw(1, 1), draw(2, 0), draw(-2, 0), draw(0, 0)].flat();
    expect(new Set(some).size).toBe(some.length);
  });

  // Five standard errors of the mean of 20,000 draws.
  const tolerance = 5 / Math.sqrt(draws);

  test('of normal() have mean 0, variance 1 and 4.55% of values beyond two standard deviations', () => {
    const random = randomStream(3, 0);
    const values = sample(() => normal(random));
    expect(Math.abs(mean(values))).toBeLessThan(tolerance);
    expect(Math.abs(variance(values) - 1)).toBeLessThan(tolerance * Math.SQRT2);
    const beyond = values.filter((value) => Math.abs(value) > 2).length / draws;
    expect(Math.abs(beyond - 0.0455)).toBeLessThan(tolerance * Math.sqrt(0.0455));
  });

  test('of exponential() have mean 1 and median ln 2', () => {
    const random = randomStream(4, 0);
    const values = sample(() => exponential(random));
    expect(Math.abs(mean(values) - 1)).toBeLessThan(tolerance);
    const below = values.filter((value) => value < Math.LN2).length / draws;
    expect(Math.abs(below - 0.5)).toBeLessThan(tolerance / 2);
  });

  test('of integer() include both ends of the range', () => {
    const random = randomStream(5, 0);
    expect(new Set(Array.from({ length: 200 }, () => integer(random, 1, 3)))).toEqual(new Set([1, 2, 3]));
  });

  test('of pickSome() contain each value at most once, and all values equally often', () => {
    const random = randomStream(6, 0);
    const counts = new Map<string, number>();
    for (let round = 0; round < 5000; round++) {
      const some = pickSome(random, ['a', 'b', 'c', 'd'], 2);
      expect(new Set(some).size).toBe(2);
      for (const value of some) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    for (const count of counts.values()) expect(Math.abs(count / 5000 - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / 5000));
  });
});

describe('latents', () => {
  test('blend in the ratio of their weights and keep their length', () => {
    const a = Float64Array.of(1, 0, 0, 0, 0, 0);
    const b = Float64Array.of(0, 1, 0, 0, 0, 0);
    expect([
      ...blend([
        [3, a],
        [4, b],
      ]),
    ]).toEqual([0.6, 0.8, 0, 0, 0, 0]);
  });

  test('agree by their inner product, divided by the square root of the dimensions', () => {
    expect(agreement(Float64Array.of(1, 2, 0, 0, 0, 1), Float64Array.of(3, -1, 9, 9, 9, 2))).toBeCloseTo(
      3 / Math.sqrt(dimensions),
      12,
    );
  });

  test('agree with mean 0 and variance 1 if they are independent', () => {
    const random = randomStream(7, 0);
    const values = sample(() => agreement(randomLatent(random), randomLatent(random)));
    expect(Math.abs(mean(values))).toBeLessThan(0.05);
    expect(Math.abs(variance(values) - 1)).toBeLessThan(0.1);
  });
});
