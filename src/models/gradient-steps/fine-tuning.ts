import { z } from 'zod';
import { largest, stepRate } from '../model-sizes.ts';

/** How a model adapts to a task. With 0 steps, all tasks are scored with the same parameters. */
export interface FineTuning {
  /** The optimizer steps on each batch of a task's support set, before the task is scored. */
  readonly steps: number;
  readonly learningRate: number;
}

/** The field `fineTuning` of a model's configuration. */
export const fineTuningField = z
  .strictObject({
    steps: z.int().min(0).max(largest.steps).default(0),
    learningRate: stepRate.default(1e-3),
  })
  .prefault({});

/** Returns whether a model adapts to a support set. */
export function fineTunes({ fineTuning }: { readonly fineTuning: FineTuning }): boolean {
  return fineTuning.steps > 0;
}
