import { customGrad, type Tensor } from '@tensorflow/tfjs-core';

/**
 * What `compute` gives, as a constant for gradients. What it reads it closes over instead of taking as
 * arguments, so the gradient tape finds no way back through it, and nothing is computed for one.
 */
export function withoutGradient<T extends Tensor>(compute: () => T): T {
  return customGrad(() => ({ value: compute(), gradFunc: () => [] }))() as T;
}
