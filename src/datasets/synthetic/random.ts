import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** A source of random numbers. Drawing a number changes its state. */
export type Random = RandomGenerator;

/** Returns the `index`-th stream of a seed. Streams are 2^64 draws apart, so that they do not overlap. */
export function randomStream(seed: number, index: number): Random {
  const random = xoroshiro128plus(seed);
  for (let jumps = 0; jumps < index; jumps++) random.jump();
  return random;
}

/** Draws uniformly from [0, 1). */
export function uniform(random: Random): number {
  return uniformFloat64(random);
}

/** Draws an integer from `min` to `max`, both included. */
export function integer(random: Random, min: number, max: number): number {
  return uniformInt(random, min, max);
}

/** Draws from the standard normal distribution (Box and Muller 1958). */
export function normal(random: Random): number {
  return Math.sqrt(2 * exponential(random)) * Math.cos(2 * Math.PI * uniform(random));
}

/** Draws from the exponential distribution with mean 1. */
export function exponential(random: Random): number {
  return -Math.log(1 - uniform(random));
}

export function pick<T>(random: Random, values: readonly T[]): T {
  return values[integer(random, 0, values.length - 1)] as T;
}

/** Draws `count` distinct values in random order (Fisher and Yates). */
export function pickSome<T>(random: Random, values: readonly T[], count: number): T[] {
  const left = [...values];
  for (let index = 0; index < count; index++) {
    const other = integer(random, index, left.length - 1);
    [left[index], left[other]] = [left[other] as T, left[index] as T];
  }
  return left.slice(0, count);
}
