import { z } from 'zod';
import { parseConfiguration } from '../../common/parse-configuration.ts';
import { checkFactorProduct, embeddingFields } from '../embedding/embedding-config.ts';
import { fineTuningField } from '../gradient-steps/fine-tuning.ts';
import { lossWeight, pairs, widths } from '../model-sizes.ts';
import { supportKinds } from '../recommender.ts';

/**
 * The losses of both domains. There is none of ratings, because the pairs of the source domain are positives, and
 * negatives that are drawn for them. The paper uses the cross-entropy.
 */
const conetObjectives = ['bce', 'hinge', 'bpr'] as const;

/** The widths of a tower's hidden layers. Two layers are the fewest that have a cross connection between them. */
const towerWidths = widths.min(2);

const fieldsSchema = z.strictObject({
  objective: z.enum(conetObjectives).default('bce'),
  ...embeddingFields,
  /** The hidden layers of the tower that learns from all known interactions. Each is followed by ReLU. */
  sourceWidths: towerWidths.default([64, 32, 16, 8]),
  /**
   * The hidden layers of the tower that learns from the tasks, and whose output is the score. They must be those of
   * `sourceWidths`, which are the default.
   */
  targetWidths: towerWidths.optional(),
  /** The weight of the source domain's loss. The weight of the tasks' loss is 1. */
  sourceWeight: lossWeight.positive().default(1),
  /** The weight of the L1 penalty on the cross connections, which makes the model SCoNet. */
  sparsity: lossWeight.default(0),
  /** Maximum number of pairs in a support set, and the batch size of fine-tuning in pairs. */
  supportLimit: pairs.default(90),
  /** What support sets contain. Training sets this to the kind of support set that it used. */
  support: z.enum(supportKinds).default('positivesAndNegatives'),
  /** Fine-tunes the target tower and the cross connections on the support set of a task. */
  fineTuning: fineTuningField,
});

/** Reports towers of different layers as invalid: both directions share the weights of a cross connection. */
const checkTowers: z.core.CheckFn<z.output<typeof fieldsSchema>> = ({ value, issues }) => {
  const { sourceWidths, targetWidths = sourceWidths } = value;
  if (String(sourceWidths) === String(targetWidths)) return;
  const message = `expected the layers of sourceWidths, [${sourceWidths.join(', ')}], whose cross connections both towers share`;
  issues.push({ code: 'custom', path: ['targetWidths'], input: targetWidths, message });
};

const configSchema = fieldsSchema
  .check(checkFactorProduct, checkTowers)
  .transform((config) => ({ ...config, targetWidths: config.targetWidths ?? config.sourceWidths }));

export type ConetConfig = z.output<typeof configSchema>;
export type ConetConfigInput = z.input<typeof configSchema>;

/** Returns the configuration with defaults. Throws INVALID_CONFIGURATION if it is invalid, see `parseConfiguration`. */
export function parseConetConfig(input: unknown): ConetConfig {
  return Object.freeze(parseConfiguration(configSchema, input, 'The configuration of CoNet'));
}
