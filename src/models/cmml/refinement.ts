import { z } from 'zod';
import { stepRate } from '../model-sizes.ts';

/** The steps that refine the context of a task. With 0 steps, the context is that of the encoder. */
export interface Refinement {
  /** Steps of gradient descent on the mean loss of the task's support set. */
  readonly steps: number;
  readonly learningRate: number;
}

/** The most steps. All of them are one function, which holds the gradients of each. */
const maxSteps = 50;

/** The field `refinement` of a configuration. Training does not read it. */
export const refinementField = z
  .strictObject({
    steps: z.int().min(0).max(maxSteps).default(0),
    learningRate: stepRate.default(0.01),
  })
  .prefault({});

/** Returns whether a model refines its contexts. */
export function refines({ refinement }: { readonly refinement: Refinement }): boolean {
  return refinement.steps > 0;
}
