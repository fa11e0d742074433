import type { Signature } from '../engine/engine.ts';

/**
 * Declares the inputs of a loss that draws numbers: `noise`, with `width` numbers for each task, and `training`, which is
 * 1 in training and 0 in validation.
 */
export function noiseInputs(width: number, tasks: number): Signature {
  return {
    noise: { dtype: 'float32', shape: [tasks, width] },
    training: { dtype: 'float32', shape: [] },
  };
}
