import type { ObjectiveKind } from '../../src/models/objectives.ts';
import { sigmoid } from './cmml/reference-weights.ts';

/** The loss of a pair, from its score and label. */
export const pairLosses = {
  mse: (score: number, label: number) => (score - label) ** 2,
  bce: (score: number, label: number) => -Math.log(sigmoid(label === 1 ? score : -score)),
};

/** The loss of a positive, from its lead over its negative. */
export const leadLosses = {
  hinge: (lead: number) => Math.max(0, 1 - lead),
  bpr: (lead: number) => -Math.log(sigmoid(lead)),
};

/**
 * Returns the losses of a set of pairs. A pairwise objective compares the k-th positive with the k-th negative, and
 * pairs without a partner have no loss.
 */
export function referenceLosses<Pair extends { readonly label: number }>(
  objective: ObjectiveKind,
  pairs: readonly Pair[],
  score: (pair: Pair) => number,
): number[] {
  if (objective === 'mse' || objective === 'bce') {
    return pairs.map((pair) => pairLosses[objective](score(pair), pair.label));
  }
  const negatives = pairs.filter(({ label }) => label === 0);
  const positives = pairs.filter(({ label }) => label === 1).slice(0, negatives.length);
  return positives.map((pair, k) => leadLosses[objective](score(pair) - score(negatives[k] as Pair)));
}

/** Returns the mean of the losses of a set of pairs, or 0 without any. */
export function meanLoss(losses: readonly number[]): number {
  return losses.reduce((sum, loss) => sum + loss, 0) / Math.max(losses.length, 1);
}
