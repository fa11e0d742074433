import type { Pieces } from '../common/pieces.ts';
import { maxMagnitude, type NumberScale, scaledNumber, standardizedNumber } from './feature-schema.ts';

export type FittedScale = NumberScale & ReturnType<typeof rangeOf>;

const accepted = { low: -maxMagnitude, high: maxMagnitude };

/**
 * Returns the scale of numbers, on which far outliers have no influence. Values of at least 0 are scaled by their
 * logarithm if that makes them less skewed: otherwise a few large ones, such as the dearest prices, would be many
 * deviations away from all others.
 */
export function* fitNumberScale(numbers: readonly number[]): Pieces<FittedScale> {
  const values = Float64Array.from(numbers, (value) => scaledNumber(accepted, value)).sort();
  yield;
  const plain = yield* scaleOf(values, {});
  const logarithms = yield* scaleOf(values, { logarithmic: true });
  const skewness = skewnessOf(values, plain);
  yield;
  const isLogarithmic = plain.low >= 0 && Math.abs(skewnessOf(values, logarithms)) < skewness;
  return isLogarithmic ? logarithms : plain;
}

/** Returns the scale of sorted values, on which far outliers have no influence. */
export function* scaleOf(values: Float64Array, logarithmic: Pick<NumberScale, 'logarithmic'>): Pieces<FittedScale> {
  const range = rangeOf(values.map((value) => scaledNumber(logarithmic, value)));
  yield;
  const scale = { ...logarithmic, ...range };
  const moments = momentsOf(values.map((value) => scaledNumber(scale, value)));
  yield;
  return { ...scale, ...moments };
}

/**
 * Returns the smallest and the largest of sorted values that are not far outliers. Far outliers are few: at most one
 * value in a hundred at each end or, in small data, up to two, and at most one in ten. And they are far away: farther
 * from the other values than the smallest and the largest of these are from each other.
 */
function rangeOf(sorted: Float64Array): { low: number; high: number } {
  const middle = sorted[sorted.length >> 1] ?? 0;
  // If most values are the same, all others would be outliers. Then the others tell which of them are.
  const others = sorted.filter((value) => value !== middle);
  const telling = 2 * others.length < sorted.length ? others : sorted;
  const few = Math.floor(Math.max(telling.length / 100, Math.min(telling.length / 10, 2)));
  const first = Math.min(telling.at(few) ?? middle, middle);
  const last = Math.max(telling.at(-1 - few) ?? middle, middle);
  const width = last - first;
  return {
    low: sorted.find((value) => value >= first - width) ?? middle,
    high: sorted.findLast((value) => value <= last + width) ?? middle,
  };
}

/**
 * A constant value has deviation 0. Deviation 1 avoids the division by zero and encodes the value as 0. The mean adds up
 * differences from the first value, since those of a constant are exactly 0.
 */
function momentsOf(values: Float64Array): { mean: number; deviation: number } {
  const [count, first] = [Math.max(values.length, 1), values[0] ?? 0];
  const mean = first + values.reduce((sum, value) => sum + (value - first), 0) / count;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count) || 1;
  return { mean, deviation };
}

function skewnessOf(values: Float64Array, scale: NumberScale): number {
  return values.reduce((sum, value) => sum + standardizedNumber(scale, value) ** 3, 0) / Math.max(values.length, 1);
}
