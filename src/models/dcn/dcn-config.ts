import { z } from 'zod';
import { parseConfiguration } from '../../common/parse-configuration.ts';
import { checkFactorProduct, embeddingFields } from '../embedding/embedding-config.ts';
import { largest, pairs, width, widths } from '../model-sizes.ts';
import { objectiveKinds } from '../objectives.ts';
import { supportKinds } from '../recommender.ts';

const fieldsSchema = z.strictObject({
  objective: z.enum(objectiveKinds).default('mse'),
  ...embeddingFields,
  /** Width of a linear layer that both parts read the embedded pair through; the paper has 64 for users. `null`: none. */
  projectionWidth: width.nullable().default(null),
  crossLayers: z.int().positive().max(largest.layers).default(3),
  /** Layers of the deep part, each followed by ReLU. */
  deepWidths: widths.min(1).default([64, 64]),
  /** Labels enter the loss as they are; scores leave the network times `deviation`, plus `mean`. */
  labels: z
    .strictObject({ mean: z.number(), deviation: z.number().positive() })
    .default({ mean: 0, deviation: 1 }),
  /** Most pairs of a support set, and the pairs that fine-tuning reads at once. */
  supportLimit: pairs.default(90),
  /** What support sets have; a training sets it to what it showed. */
  support: z.enum(supportKinds).default('labels'),
  /**
   * DCN-F: optimiser steps on a task's support set before it is scored. The paper has 5 at 2e-4 for users, 10 at 1e-3 for
   * scenarios. With 0, plain DCN, which scores every task alike.
   */
  fineTuning: z
    .strictObject({
      steps: z.int().min(0).max(largest.steps).default(0),
      learningRate: z.number().positive().default(1e-3),
    })
    .prefault({}),
});

const configSchema = fieldsSchema.check(checkFactorProduct);

export type DcnConfig = z.output<typeof configSchema>;
export type DcnConfigInput = z.input<typeof configSchema>;

/** Fills in defaults. Throws INVALID_CONFIGURATION, see `parseConfiguration`. */
export function parseDcnConfig(input: unknown): DcnConfig {
  return Object.freeze(parseConfiguration(configSchema, input, 'The configuration of DCN'));
}

/** Whether adapting changes anything: DCN-F. */
export function fineTunes({ fineTuning }: DcnConfig): boolean {
  return fineTuning.steps > 0;
}
