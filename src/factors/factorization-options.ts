import { z } from 'zod';
import { parseConfiguration } from '../common/parse-configuration.ts';

const optionsSchema = z.strictObject({
  /** Width of the embeddings; time grows with it, and so does memory beside the interactions. */
  factors: z.int().min(1).max(1024).default(64),
  /**
   * Weight λ of the L2 penalty on every factor. What few interactions speak for vanishes under a large one: roughly, with
   * interactions of value 1, each singular value of their matrix under λ / (1 + alpha).
   */
  regularisation: z.number().positive().default(5),
  /** How much more an interaction of value r counts than the absence of one: 1 + alpha · r against 1. */
  alpha: z.number().positive().default(2),
  /** How often all users and all items are solved for. */
  iterations: z.int().min(1).default(15),
  /** Steps of conjugate gradient for each row in each iteration; fewer are faster, and more iterations make up for it. */
  cgSteps: z.int().min(1).default(3),
  /** Weight of the L2 penalty on the maps of features, see `fitFeatureMap`. */
  ridge: z.number().positive().default(1),
  /** Determines the factors to start from; an int32. */
  seed: z.int32().default(1),
});

export type FactorizationOptions = z.output<typeof optionsSchema>;
export type FactorizationOptionsInput = z.input<typeof optionsSchema>;

/** Fills in defaults. Throws INVALID_CONFIGURATION, see `parseConfiguration`. */
export function parseFactorizationOptions(input: unknown): FactorizationOptions {
  return Object.freeze(parseConfiguration(optionsSchema, input, 'The configuration of the factorization'));
}
