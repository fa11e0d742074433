import { z } from 'zod';
import { width } from '../model-sizes.ts';

/** How users and items are embedded: learned embeddings of features, collaborative-filtering factors, or both. */
export const embeddingKinds = ['features', 'factors', 'both'] as const;
export type EmbeddingKind = (typeof embeddingKinds)[number];

/** The fields of a model's configuration that describe the embedding of users and items. */
export const embeddingFields = {
  embedding: z.enum(embeddingKinds).default('features'),
  /** Width of each field's learned embedding. */
  embeddingWidth: width.default(32),
  /** The initial standard deviation of learned embeddings is this divided by √(number of the field's table rows). */
  embeddingDeviation: z.number().positive().max(100).default(1),
  /** Width of the factors. */
  factorWidth: width.default(64),
  /** Whether the embedding of a pair includes the element-wise product of both factors. Requires factors. */
  factorProduct: z.boolean().default(false),
};

const embeddingConfig = z.object(embeddingFields);
export type EmbeddingConfig = z.output<typeof embeddingConfig>;

/** Reports `factorProduct` as invalid if the configuration has no factors. */
export const checkFactorProduct: z.core.CheckFn<EmbeddingConfig> = ({ value, issues }) => {
  const { embedding, factorProduct } = value;
  if (!factorProduct || embedding !== 'features') return;
  const message = 'expected embedding "factors" or "both" with factorProduct';
  issues.push({ code: 'custom', path: ['factorProduct'], input: factorProduct, message });
};
