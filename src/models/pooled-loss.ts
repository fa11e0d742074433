import { concat, reshape, type Scalar, split, sum, type Tensor2D } from '@tensorflow/tfjs-core';
import { type ObjectiveKind, objectives } from './objectives.ts';

/** The sets of an episode whose pairs a loss counts: both, or the query sets only. */
export type TrainedSets = readonly ('support' | 'query')[];

/** The scores of a set of pairs with their labels and mask, all `[tasks, places]`. */
export interface ScoredPairs {
  readonly scores: Tensor2D;
  readonly labels: Tensor2D;
  readonly mask: Tensor2D;
}

/**
 * Returns the loss of the pairs of all sets, for a network that does not distinguish tasks: every pair has the same
 * weight, whatever task it belongs to. With a pairwise objective, every set must have the layout of query sets.
 */
export function pooledLoss(objective: ObjectiveKind, sets: readonly ScoredPairs[]): Scalar {
  const { pairwise, loss } = objectives[objective];
  const [scores, labels, mask] = (['scores', 'labels', 'mask'] as const).map((name) =>
    asOneTask(
      sets.map((set) => set[name]),
      pairwise,
    ),
  ) as [Tensor2D, Tensor2D, Tensor2D];
  return sum(loss(scores, labels, mask));
}

/**
 * Returns the places `[tasks, places]` of several sets as those of one task, `[1, all]`. For a pairwise objective, all
 * positives come first, and then all negatives in the same order.
 */
function asOneTask(sets: readonly Tensor2D[], pairwise: boolean): Tensor2D {
  const row = (places: Tensor2D): Tensor2D => reshape(places, [1, places.size]);
  if (!pairwise) return concat(sets.map(row), 1);
  const halves = sets.map((places) => split(places, 2, 1) as [Tensor2D, Tensor2D]);
  const of = (half: 0 | 1) => halves.map((both) => row(both[half]));
  return concat([...of(0), ...of(1)], 1);
}
