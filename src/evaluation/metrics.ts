import { WarmstartError } from '../common/errors.ts';

/** Every metric of a model, in the order of reports. */
const metrics = {
  mae: { title: 'MAE', higherIsBetter: false },
  rmse: { title: 'RMSE', higherIsBetter: false },
  ndcg1: { title: 'NDCG@1', higherIsBetter: true },
  ndcg3: { title: 'NDCG@3', higherIsBetter: true },
  recall10: { title: 'Recall@10', higherIsBetter: true },
  recall20: { title: 'Recall@20', higherIsBetter: true },
  recall50: { title: 'Recall@50', higherIsBetter: true },
  recall100: { title: 'Recall@100', higherIsBetter: true },
  ndcg20: { title: 'NDCG@20', higherIsBetter: true },
  ndcg100: { title: 'NDCG@100', higherIsBetter: true },
  coverage10: { title: 'Coverage@10', higherIsBetter: true },
  popularity10: { title: 'Popularity@10', higherIsBetter: false },
  mostListed10: { title: 'Most listed@10', higherIsBetter: false },
} as const;

export type MetricName = keyof typeof metrics;

export const metricNames = Object.keys(metrics) as readonly MetricName[];

export function isHigherBetter(metric: MetricName): boolean {
  return metrics[metric].higherIsBetter;
}

export function metricTitle(metric: MetricName): string {
  return metrics[metric].title;
}

/** Returns the mean of `|score − label|`, in the unit of the labels. */
export function meanAbsoluteError(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  return meanOver(scores, labels, (score, label) => Math.abs(score - label));
}

/** Returns the square root of the mean of `(score − label)²`, in the unit of the labels. */
export function rootMeanSquaredError(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  return Math.sqrt(meanOver(scores, labels, (score, label) => (score - label) ** 2));
}

/**
 * Returns NDCG@N: the discounted gain of the `n` items with the highest scores, divided by the discounted gain of the
 * best possible order. The gain of an item is `2^label − 1`, and the discount of rank r, from 1, is `1 / log2(r + 1)`.
 *
 * Items with equal scores share the mean discount of the ranks that they fill together. This is the expected value over
 * all their orders (McSherry and Najork, ECIR 2008), so the order of the input does not matter. If no item has a gain,
 * the value is 1, because every order is the best one.
 */
export function normalizedDiscountedGain(scores: ArrayLike<number>, labels: ArrayLike<number>, n: number): number {
  const ideal = discountedGain(labels, labels, n);
  return ideal === 0 ? 1 : discountedGain(scores, labels, n) / ideal;
}

/**
 * Returns Recall@N: the share of the `relevant` indices that are among the `n` indices with the highest scores. If
 * several equal scores compete for the last ranks, each counts by its chance. This is the expected value over all their
 * orders.
 */
export function recall(scores: Float32Array, relevant: Int32Array, n: number): number {
  const sorted = scores.toSorted();
  const threshold = sorted[Math.max(sorted.length - n, 0)] as number;
  const above = sorted.length - firstIndex(sorted, (score) => score > threshold);
  const tied = sorted.length - above - firstIndex(sorted, (score) => score >= threshold);
  const chance = Math.min((n - above) / tied, 1);
  let found = 0;
  for (const index of relevant) {
    const score = scores[index] as number;
    if (score > threshold) found += 1;
    else if (score === threshold) found += chance;
  }
  return found / relevant.length;
}

function discountedGain(scores: ArrayLike<number>, labels: ArrayLike<number>, n: number): number {
  const order = Array.from(scores, (_, index) => index).sort((a, b) => at(scores, b) - at(scores, a));
  let gain = 0;
  for (let start = 0; start < order.length && start < n; ) {
    const tied = order.slice(start).filter((index) => at(scores, index) === at(scores, order[start] as number));
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

/** Returns the first index of ascending values for which `holds` is true. It must be true for all later ones too. */
function firstIndex(sorted: Float32Array, holds: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(sorted[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Throws INVALID_DATA if a score is not finite, because it cannot be ranked. */
export function checkScores(scores: Float32Array): Float32Array {
  const wrong = scores.find((score) => !Number.isFinite(score));
  if (wrong === undefined) return scores;
  throw new WarmstartError(
    'INVALID_DATA',
    `Expected finite scores, got ${wrong}; lower innerLearningRate, stepStart, fineTuning.learningRate or refinement.learningRate if the model has one, or train it again at a lower learningRate.`,
  );
}
