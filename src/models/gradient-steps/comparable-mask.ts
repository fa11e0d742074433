import { concat, mul, split, type Tensor2D } from '@tensorflow/tfjs-core';
import { type ObjectiveKind, objectives } from '../objectives.ts';

/**
 * Returns the mask `[tasks, places]` of support pairs without the positives and negatives that have no partner, if the
 * objective is pairwise.
 */
export function comparableMask({ objective }: { readonly objective: ObjectiveKind }, mask: Tensor2D): Tensor2D {
  if (!objectives[objective].pairwise) return mask;
  const [positives, negatives] = split(mask, 2, 1) as [Tensor2D, Tensor2D];
  const both = mul(positives, negatives);
  return concat([both, both], 1) as Tensor2D;
}
