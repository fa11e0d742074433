import {
  div,
  maximum,
  mul,
  neg,
  relu,
  softplus,
  split,
  squaredDifference,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';

export const objectiveKinds = ['mse', 'bce', 'hinge', 'bpr'] as const;
export type ObjectiveKind = (typeof objectiveKinds)[number];

/** What training minimises. */
export interface Objective {
  /**
   * Whether it compares pairs. The places of a query set are then even in number: positives in the first half,
   * and their negatives in the second, in the same order. The mask of a positive is that of its negative too.
   */
  readonly pairwise: boolean;
  /** Whether scores are in the units of the labels, so that the labels' mean and deviation should be configured. */
  readonly standardisesLabels: boolean;
  /** The loss of each task, `[tasks]`, over its query pairs: scores, labels and mask are `[tasks, pairs]`. */
  loss(scores: Tensor2D, labels: Tensor2D, mask: Tensor2D): Tensor1D;
}

/** The mean squared error (CMML eq. 5). */
const mse: Objective = {
  pairwise: false,
  standardisesLabels: true,
  loss: (scores, labels, mask) => meanOver(squaredDifference(scores, labels), mask),
};

/** The cross-entropy of labels that are 0 or 1, with scores as logits: −y·ln σ(s) − (1 − y)·ln(1 − σ(s)). */
const bce: Objective = {
  pairwise: false,
  standardisesLabels: false,
  // Simplified, nothing in it overflows: ln(1 + eˢ) − y·s.
  loss: (scores, labels, mask) => meanOver(sub(softplus(scores), mul(labels, scores)), mask),
};

/** The margin of 1 by which a positive should be ahead of its negative (CMML eq. 4): max(0, 1 − (s⁺ − s⁻)). */
const hinge: Objective = pairwise((lead) => relu(sub(1, lead)));

/** Bayesian personalised ranking (Rendle et al., arXiv 1205.2618): −ln σ(s⁺ − s⁻). */
const bpr: Objective = pairwise((lead) => softplus(neg(lead)));

export const objectives: Record<ObjectiveKind, Objective> = { mse, bce, hinge, bpr };

/** An objective of how far each positive is ahead of its negative. */
function pairwise(lossOf: (lead: Tensor2D) => Tensor): Objective {
  return {
    pairwise: true,
    standardisesLabels: false,
    loss(scores, _labels, mask) {
      const [positives, negatives] = halves(scores);
      return meanOver(lossOf(sub(positives, negatives)), halves(mask)[0]);
    },
  };
}

function halves(places: Tensor2D): [Tensor2D, Tensor2D] {
  const [, count] = places.shape;
  if (count % 2 === 0) return split(places, 2, 1) as [Tensor2D, Tensor2D];
  throw new TypeError(
    `Expected query sets with an even number of places, a positive and a negative for each, got ${count}.`,
  );
}

/** The mean over the places that count, and 0 where a task has none. */
function meanOver(losses: Tensor, mask: Tensor2D): Tensor1D {
  return div(sum(mul(losses, mask), 1), maximum(sum(mask, 1), 1));
}
