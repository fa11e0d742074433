import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** A source of random numbers. It is passed as an argument and changes with each draw. */
export type Random = RandomGenerator;

/**
 * Returns a source whose numbers are determined by `seed`, an int32, and by `stream`, which separates the purposes that
 * share one seed.
 */
export function randomSource(seed: number, stream = 0): Random {
  // A large odd factor keeps the streams of neighboring seeds apart.
  return xoroshiro128plus((seed + Math.imul(stream, 0x9e3779b1)) | 0);
}

/** Shuffles all values uniformly (Fisher–Yates), in place. */
export function shuffle(values: Int32Array, random: Random): void {
  shuffleLast(values, values.length, random);
}

/** Makes the last `count` values a uniform random sample in random order, in place, in time proportional to `count`. */
export function shuffleLast(values: Int32Array, count: number, random: Random): void {
  for (let last = values.length - 1; last >= values.length - count; last--) {
    const other = uniformInt(random, 0, last);
    const value = values[last] as number;
    values[last] = values[other] as number;
    values[other] = value;
  }
}
