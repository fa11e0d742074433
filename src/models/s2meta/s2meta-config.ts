import { z } from 'zod';
import { parseConfiguration } from '../../common/parse-configuration.ts';
import { checkFactorProduct, embeddingFields } from '../embedding/embedding-config.ts';
import { taskNetworkFields } from '../gradient-steps/task-network.ts';
import { width } from '../model-sizes.ts';

/** Training holds the intermediate results of every step. */
const steps = z.int().positive().max(50);

/** The controllers start from the logit of these numbers. */
const startShare = z.number().min(1e-6).max(0.5);
const defaultMinSteps = 4;

const fieldsSchema = z.strictObject({
  ...taskNetworkFields,
  ...embeddingFields,
  /** The most steps on a task. The stop controller can end them earlier. The paper of CMML uses 20. */
  innerSteps: steps.default(20),
  /** The steps that are always taken. Default: 4, or `innerSteps` if that is less. */
  minSteps: steps.optional(),
  /** Width of the update controller's state, which each parameter of the layers has to itself. */
  updateWidth: width.default(16),
  /** Width of the stop controller's state. */
  stopWidth: width.default(16),
  /** The step size, and the share of a parameter that a step forgets, with which training starts. */
  stepStart: startShare.default(0.02),
  forgetStart: startShare.default(1e-3),
});

const configSchema = fieldsSchema
  .check(checkFactorProduct)
  .check(({ value, issues }) => {
    const { innerSteps, minSteps = 0 } = value;
    if (minSteps <= innerSteps) return;
    const message = `expected at most innerSteps, ${innerSteps}`;
    issues.push({ code: 'custom', path: ['minSteps'], input: minSteps, message });
  })
  .transform((config) => ({ ...config, minSteps: config.minSteps ?? Math.min(defaultMinSteps, config.innerSteps) }));

export type S2MetaConfig = z.output<typeof configSchema>;
export type S2MetaConfigInput = z.input<typeof configSchema>;

/** Returns the configuration with defaults. Throws INVALID_CONFIGURATION if it is invalid, see `parseConfiguration`. */
export function parseS2MetaConfig(input: unknown): S2MetaConfig {
  return Object.freeze(parseConfiguration(configSchema, input, 'The configuration of s²Meta'));
}
