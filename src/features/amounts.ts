import { isRatingType } from './interaction-types.ts';

/** How the amounts of a type are standardized. */
export interface AmountScale {
  readonly mean: number;
  /** Above 0. */
  readonly deviation: number;
}

/** An amount further from the mean counts as if it were this many deviations from it. */
const furthest = 3;

/** Returns by how many standard deviations an amount is above the mean of its type; 0 for none, which is `NaN`. */
export function standardAmount(scale: AmountScale | undefined, amount: number): number {
  if (scale === undefined || Number.isNaN(amount)) return 0;
  return Math.min(Math.max((amount - scale.mean) / scale.deviation, -furthest), furthest);
}

/** Returns the scale of some amounts, of which those that are `NaN` do not count; `undefined` if all others are equal. */
export function amountScale(amounts: Iterable<number>): AmountScale | undefined {
  let [count, mean, squares] = [0, 0, 0];
  for (const amount of amounts) {
    if (Number.isNaN(amount)) continue;
    // Welford's update: a sum of squares would lose the digits of large amounts.
    const difference = amount - mean;
    mean += difference / ++count;
    squares += difference * (amount - mean);
  }
  const deviation = Math.sqrt(squares / Math.max(count, 1));
  return deviation > 1e-6 * Math.max(Math.abs(mean), 1e-6) ? { mean, deviation } : undefined;
}

/** Returns the value of an interaction that is no rating; `NaN` without one. */
export function amountOf(type: number, value: number | null): number {
  return value === null || isRatingType(type) ? Number.NaN : value;
}
