import { z } from 'zod';
import { width } from '../model-sizes.ts';

/** What users and items are embedded by: learned from their features, factors made beforehand, or both side by side. */
export const embeddingKinds = ['features', 'factors', 'both'] as const;
export type EmbeddingKind = (typeof embeddingKinds)[number];

/** The part of a model's configuration that says how users and items are embedded. */
export const embeddingFields = {
  embedding: z.enum(embeddingKinds).default('features'),
  /** Width of each field's learned embedding. */
  embeddingWidth: width.default(32),
  /** Standard deviation of learned embeddings before training, over the square root of how many values a field has. */
  embeddingDeviation: z.number().positive().default(1),
  /** Width of the factors. */
  factorWidth: width.default(64),
  /** Whether a pair is embedded by the element-wise product of its factors, too; needs factors. */
  factorProduct: z.boolean().default(false),
};

const embeddingConfig = z.object(embeddingFields);
export type EmbeddingConfig = z.output<typeof embeddingConfig>;

/** Checks a configuration with these fields. */
export const checkFactorProduct: z.core.CheckFn<EmbeddingConfig> = ({ value, issues }) => {
  const { embedding, factorProduct } = value;
  if (!factorProduct || embedding !== 'features') return;
  const message = 'expected embedding to be "factors" or "both" where factors are multiplied';
  issues.push({ code: 'custom', path: ['factorProduct'], input: factorProduct, message });
};
