import { z } from 'zod';
import { parseConfiguration } from '../../common/parse-configuration.ts';
import { checkFactorProduct, embeddingFields } from '../embedding/embedding-config.ts';
import { fineTuningField } from '../gradient-steps/fine-tuning.ts';
import { largest, pairs, width, widths } from '../model-sizes.ts';
import { objectiveKinds } from '../objectives.ts';
import { supportKinds } from '../recommender.ts';

const fieldsSchema = z.strictObject({
  objective: z.enum(objectiveKinds).default('mse'),
  ...embeddingFields,
  /**
   * Width of a linear layer between the embedded pair and both parts. The paper uses 64 for users. `null`: no layer.
   */
  projectionWidth: width.nullable().default(null),
  crossLayers: z.int().positive().max(largest.layers).default(3),
  /** Widths of the deep part's layers. Each is followed by ReLU. */
  deepWidths: widths.min(1).default([64, 64]),
  /** The network's outputs are multiplied by `deviation`, and `mean` is added. Labels enter the loss unchanged. */
  labels: z.strictObject({ mean: z.number(), deviation: z.number().positive() }).default({ mean: 0, deviation: 1 }),
  /** Maximum number of pairs in a support set, and the batch size of fine-tuning in pairs. */
  supportLimit: pairs.default(90),
  /** What support sets contain. Training sets this to the kind of support set that it used. */
  support: z.enum(supportKinds).default('labels'),
  /**
   * DCN-F: the optimizer steps on a task's support set before the task is scored. The paper uses 5 steps at a learning
   * rate of 2e-4 for users, and 10 at 1e-3 for scenarios. With 0 steps this is plain DCN, which does not adapt to
   * tasks.
   */
  fineTuning: fineTuningField,
});

const configSchema = fieldsSchema.check(checkFactorProduct);

export type DcnConfig = z.output<typeof configSchema>;
export type DcnConfigInput = z.input<typeof configSchema>;

/** Returns the configuration with defaults. Throws INVALID_CONFIGURATION if it is invalid, see `parseConfiguration`. */
export function parseDcnConfig(input: unknown): DcnConfig {
  return Object.freeze(parseConfiguration(configSchema, input, 'The configuration of DCN'));
}
