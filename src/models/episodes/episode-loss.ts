import { div, maximum, mul, type Scalar, step, sum, type Tensor2D } from '@tensorflow/tfjs-core';
import { type ObjectiveKind, objectives } from '../objectives.ts';
import type { EpisodePairs } from './episode-pairs.ts';

/**
 * The objective of query sets, averaged over the tasks of a batch (CMML eqs. 2 and 3). `scores` are `[tasks, pairs]`.
 * Tasks without query pairs, which pad a batch, do not count.
 */
export function episodeLoss(
  objective: ObjectiveKind,
  scores: Tensor2D,
  { labels, mask }: EpisodePairs,
): Scalar {
  const losses = objectives[objective].loss(scores, labels, mask);
  const counts = step(sum(mask, 1));
  return div(sum(mul(losses, counts)), maximum(sum(counts), 1));
}
