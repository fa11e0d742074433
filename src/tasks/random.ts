import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** A source of random numbers that is passed on and drawn from; the same seed gives the same numbers. */
export type Random = RandomGenerator;

/** `seed` is an int32; `stream` tells apart what is drawn for different purposes under one seed. */
export function randomSource(seed: number, stream = 0): Random {
  // A large odd factor keeps streams of neighbouring seeds from being each other's.
  return xoroshiro128plus((seed + Math.imul(stream, 0x9e3779b1)) | 0);
}

/** Puts all values in a uniformly random order (Fisher–Yates), in place. */
export function shuffle(values: Int32Array, random: Random): void {
  shuffleLast(values, values.length, random);
}

/** Makes the last `count` values a uniformly random sample in random order, in place, at the cost of the sample alone. */
export function shuffleLast(values: Int32Array, count: number, random: Random): void {
  for (let last = values.length - 1; last >= values.length - count; last--) {
    const other = uniformInt(random, 0, last);
    const value = values[last] as number;
    values[last] = values[other] as number;
    values[other] = value;
  }
}
