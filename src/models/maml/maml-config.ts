import { z } from 'zod';
import { parseConfiguration } from '../../common/parse-configuration.ts';
import { checkFactorProduct, embeddingFields } from '../embedding/embedding-config.ts';
import { taskNetworkFields } from '../gradient-steps/task-network.ts';
import { stepRate } from '../model-sizes.ts';

/** What the gradient steps on a task change. */
export const adaptedParts = ['layers', 'all'] as const;

/**
 * The most steps. Training holds the intermediate results of every step, and differentiates each of them again.
 */
const maxInnerSteps = 50;

const fieldsSchema = z.strictObject({
  ...taskNetworkFields,
  ...embeddingFields,
  /**
   * What the gradient steps change: only the `layers` (MeLU), or `all` trained parameters, the embeddings of features
   * too (MetaCS-DNN).
   */
  adapted: z.enum(adaptedParts).default('layers'),
  /** Gradient steps on the support set before a task is scored. The paper of CMML uses 5. */
  innerSteps: z.int().positive().max(maxInnerSteps).default(5),
  /** The learning rate of these steps, which are plain gradient descent on the mean loss of the support set. */
  innerLearningRate: stepRate.default(0.01),
  /**
   * Whether training differentiates through the gradients of the steps (MAML), or takes them as constants (first-order
   * MAML). Scores are computed in the same way.
   */
  secondOrder: z.boolean().default(true),
});

const configSchema = fieldsSchema.check(checkFactorProduct).check(({ value, issues }) => {
  if (value.adapted === 'layers' || value.embedding !== 'factors') return;
  const message = 'expected embedding "features" or "both" with adapted "all", since factors do not change';
  issues.push({ code: 'custom', path: ['adapted'], input: value.adapted, message });
});

export type MamlConfig = z.output<typeof configSchema>;
export type MamlConfigInput = z.input<typeof configSchema>;

/** Returns the configuration with defaults. Throws INVALID_CONFIGURATION if it is invalid, see `parseConfiguration`. */
export function parseMamlConfig(input: unknown): MamlConfig {
  return Object.freeze(parseConfiguration(configSchema, input, 'The configuration of MAML'));
}
