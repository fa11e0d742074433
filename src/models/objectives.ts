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

/**
 * All objectives that a recipe can have: those above, and `softmax`, which compares each positive with the whole catalog
 * (see `listLoss`).
 */
export const recipeObjectives = [...objectiveKinds, 'softmax'] as const;
export type RecipeObjective = (typeof recipeObjectives)[number];

/** A loss that training minimizes. */
export interface Objective {
  /**
   * Whether the loss compares positives with negatives. The number of places of a query set is then even: the first
   * half holds the positives, and the second half their negatives in the same order. A positive and its negative have
   * the same mask.
   */
  readonly pairwise: boolean;
  /** Whether scores are in the units of the labels. The mean and deviation of the labels should then be configured. */
  readonly standardizesLabels: boolean;
  /** Returns the loss of each task, `[tasks]`, over its query pairs. Scores, labels and mask are `[tasks, pairs]`. */
  loss(scores: Tensor2D, labels: Tensor2D, mask: Tensor2D): Tensor1D;
}

/** The mean squared error (CMML eq. 5). */
const mse: Objective = {
  pairwise: false,
  standardizesLabels: true,
  loss: (scores, labels, mask) => meanOver(squaredDifference(scores, labels), mask),
};

/** The cross-entropy of labels 0 and 1, with scores as logits: −y·ln σ(s) − (1 − y)·ln(1 − σ(s)). */
const bce: Objective = {
  pairwise: false,
  standardizesLabels: false,
  // The simplified form cannot overflow: ln(1 + eˢ) − y·s.
  loss: (scores, labels, mask) => meanOver(sub(softplus(scores), mul(labels, scores)), mask),
};

/** The hinge loss: a positive must score at least 1 above its negative (CMML eq. 4). max(0, 1 − (s⁺ − s⁻)). */
const hinge: Objective = pairwise((lead) => relu(sub(1, lead)));

/** Bayesian personalized ranking (Rendle et al., arXiv 1205.2618): −ln σ(s⁺ − s⁻). */
const bpr: Objective = pairwise((lead) => softplus(neg(lead)));

export const objectives: Record<ObjectiveKind, Objective> = { mse, bce, hinge, bpr };

/** Returns an objective that depends on each positive's lead over its negative. */
function pairwise(lossOf: (lead: Tensor2D) => Tensor): Objective {
  return {
    pairwise: true,
    standardizesLabels: false,
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
    `Expected query sets with an even number of places, half positives and half negatives, got ${count}.`,
  );
}

/** Returns the mean over the unmasked places, or 0 for a task without any. */
function meanOver(losses: Tensor, mask: Tensor2D): Tensor1D {
  return div(sum(mul(losses, mask), 1), maximum(sum(mask, 1), 1));
}
