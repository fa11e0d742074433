import { WarmstartError } from '../common/errors.ts';

/** Every metric of a model, in the order of reports, and whether a higher value is better. */
const higherIsBetter = {
  mae: false,
  rmse: false,
  ndcg1: true,
  ndcg3: true,
  recall10: true,
  recall20: true,
  recall50: true,
} as const;

export type MetricName = keyof typeof higherIsBetter;

export const metricNames = Object.keys(higherIsBetter) as readonly MetricName[];

export function isHigherBetter(metric: MetricName): boolean {
  return higherIsBetter[metric];
}

/** The mean of `|score − label|`, in units of the label. */
export function meanAbsoluteError(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  return meanOver(scores, labels, (score, label) => Math.abs(score - label));
}

/** The root of the mean of `(score − label)²`, in units of the label. */
export function rootMeanSquaredError(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  return Math.sqrt(meanOver(scores, labels, (score, label) => (score - label) ** 2));
}

/**
 * NDCG@N: the discounted gain of the `n` items scored highest, over that of the best possible order. The gain
 * is `2^label − 1` and the discount of rank r, from 1, `1 / log2(r + 1)`.
 *
 * Items with equal scores share the mean discount of the ranks that they fill together. That is the expected
 * value over all orders of them (McSherry and Najork, ECIR 2008), so the order of the input does not matter.
 * Without any gain every order is the best one, and the value is 1.
 */
export function normalizedDiscountedGain(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  n: number,
): number {
  const ideal = discountedGain(labels, labels, n);
  return ideal === 0 ? 1 : discountedGain(scores, labels, n) / ideal;
}

/**
 * Recall@N: the share of the `relevant` places that are among the `n` scored highest. Where several places with equal
 * scores compete for the last ranks, each has its part of a chance: the expected value over all orders of them.
 */
export function recall(scores: Float32Array, relevant: Int32Array, n: number): number {
  const sorted = scores.toSorted();
  const threshold = sorted[Math.max(sorted.length - n, 0)] as number;
  const above = sorted.length - firstPlace(sorted, (score) => score > threshold);
  const tied = sorted.length - above - firstPlace(sorted, (score) => score >= threshold);
  const chance = Math.min((n - above) / tied, 1);
  let found = 0;
  for (const place of relevant) {
    const score = scores[place] as number;
    if (score > threshold) found += 1;
    else if (score === threshold) found += chance;
  }
  return found / relevant.length;
}

function discountedGain(scores: ArrayLike<number>, labels: ArrayLike<number>, n: number): number {
  const order = Array.from(scores, (_, index) => index).sort((a, b) => at(scores, b) - at(scores, a));
  let gain = 0;
  for (let start = 0; start < order.length && start < n; ) {
    const tied = order
      .slice(start)
      .filter((index) => at(scores, index) === at(scores, order[start] as number));
    const gains = tied.reduce((sum, index) => sum + 2 ** at(labels, index) - 1, 0);
    const discounts = tied.reduce((sum, _, offset) => sum + discountOfRank(start + offset + 1, n), 0);
    gain += (gains / tied.length) * discounts;
    start += tied.length;
  }
  return gain;
}

function discountOfRank(rank: number, n: number): number {
  return rank <= n ? 1 / Math.log2(rank + 1) : 0;
}

function meanOver(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  error: (score: number, label: number) => number,
): number {
  let total = 0;
  for (let index = 0; index < labels.length; index++) total += error(at(scores, index), at(labels, index));
  return total / labels.length;
}

function at(values: ArrayLike<number>, index: number): number {
  return values[index] as number;
}

/** The first place, in values that ascend, whose value `holds`, as those of all later places do. */
function firstPlace(sorted: Float32Array, holds: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(sorted[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Throws INVALID_DATA when a score is not finite, which has no place in an order. */
export function checkScores(scores: Float32Array): Float32Array {
  const wrong = scores.find((score) => !Number.isFinite(score));
  if (wrong === undefined) return scores;
  throw new WarmstartError(
    'INVALID_DATA',
    `Expected finite scores, got ${wrong}: the model is of no use; train it again, at a lower learning rate.`,
  );
}
