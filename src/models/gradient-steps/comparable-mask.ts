import { concat, mul, split, type Tensor2D } from '@tensorflow/tfjs-core';
import { type ObjectiveKind, objectives } from '../objectives.ts';

/**
 * Returns the mask `[tasks, places]` of the support pairs that the objective reads. A pairwise objective reads only pairs
 * that have a partner.
 */
export function comparableMask({ objective }: { readonly objective: ObjectiveKind }, mask: Tensor2D): Tensor2D {
  if (!objectives[objective].pairwise) return mask;
  const [positives, negatives] = split(mask, 2, 1) as [Tensor2D, Tensor2D];
  const both = mul(positives, negatives);
  return concat([both, both], 1) as Tensor2D;
}
