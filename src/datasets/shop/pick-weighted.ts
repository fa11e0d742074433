import { type Random, uniform } from '../synthetic/random.ts';

/** Draws an index with a probability proportional to its weight. At least one weight must be above 0. */
export function pickWeighted(random: Random, weights: readonly number[]): number {
  let left = uniform(random) * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return index;
  }
  // Rounding can leave a little.
  return weights.findLastIndex((weight) => weight > 0);
}
