import { z } from 'zod';
import { parseConfiguration } from '../common/parse-configuration.ts';

const optionsSchema = z.strictObject({
  /** Width of the embeddings. Time and memory, apart from the interactions, grow with it. */
  factors: z.int().min(1).max(1024).default(64),
  /**
   * Weight λ of the L2 penalty on every factor. A large one removes patterns that few interactions support: roughly,
   * with interactions of value 1, every singular value of their matrix below λ / (1 + alpha).
   */
  regularization: z.number().positive().default(5),
  /** Exponent ν with which the penalty of a row grows with its interactions, see `penaltiesOf`. */
  regularizationExponent: z.number().min(0).max(1).default(0),
  /** The confidence in an interaction of value r is 1 + alpha · r. The confidence in the absence of one is 1. */
  alpha: z.number().positive().default(2),
  /** The number of times that all users and all items are solved for. */
  iterations: z.int().min(1).default(15),
  /** Steps of conjugate gradient for each row in an iteration. With fewer steps, more iterations are needed. */
  cgSteps: z.int().min(1).default(3),
  /** Weight of the L2 penalty on the feature maps, see `fitFeatureMap`. */
  ridge: z.number().positive().default(1),
  /** Determines the initial factors. An int32. */
  seed: z.int32().default(1),
});

export type FactorizationOptions = z.output<typeof optionsSchema>;
export type FactorizationOptionsInput = z.input<typeof optionsSchema>;

/** Fills in the defaults. Throws INVALID_CONFIGURATION, see `parseConfiguration`. */
export function parseFactorizationOptions(input: unknown): FactorizationOptions {
  return Object.freeze(parseConfiguration(optionsSchema, input, 'The configuration of the factorization'));
}
