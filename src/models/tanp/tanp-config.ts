import { z } from 'zod';
import { parseConfiguration } from '../../common/parse-configuration.ts';
import { checkFactorProduct, embeddingFields } from '../embedding/embedding-config.ts';
import { largest, lossWeight, pairs, width, widths } from '../model-sizes.ts';
import { objectiveKinds } from '../objectives.ts';
import { supportKinds } from '../recommender.ts';

/** The ways in which a task embedding changes the layers of the decoder. Each kind is a row of `decoder.ts`. */
export const decoderModulationKinds = ['film', 'gatingFilm'] as const;
export type DecoderModulationKind = (typeof decoderModulationKinds)[number];

const fieldsSchema = z.strictObject({
  objective: z.enum(objectiveKinds).default('mse'),
  ...embeddingFields,
  modulation: z.enum(decoderModulationKinds).default('gatingFilm'),
  /** Widths of the encoder's layers, which run on each support pair. The last layer is linear. */
  encoderWidths: widths.min(1).default([64, 64, 32]),
  /** Width of the latent variable, and of the layer that its mean and its deviation are computed from. */
  latentWidth: width.default(32),
  /** Widths of the task identity network's layers. The last layer is linear, and has the width of a task embedding. */
  identityWidths: widths.min(1).default([128, 64, 64]),
  /** Number of vectors in the global pool. Each stands for a cluster of tasks. */
  clusters: z.int().positive().max(largest.modules).default(10),
  /** Degrees of freedom of the Student t-distribution that assigns a task to the clusters. */
  freedom: z.number().min(0.01).max(1000).default(1),
  /** Widths of the decoder's hidden layers. Each is modulated, and followed by ReLU. */
  decoderWidths: widths.min(1).default([128, 128, 128]),
  /** Weight of the divergence between the latent variables given all pairs and given the support set only. */
  klWeight: lossWeight.default(1),
  /** Weight of the clustering loss. */
  clusterWeight: lossWeight.default(0.1),
  /** Labels enter the networks as `(label − mean) / deviation`. Scores are converted back to the units of the labels. */
  labels: z.strictObject({ mean: z.number(), deviation: z.number().positive() }).default({ mean: 0, deviation: 1 }),
  /** Maximum number of pairs in a support set. */
  supportLimit: pairs.default(90),
  /** What support sets contain. Training sets this to the kind of support set that it used. */
  support: z.enum(supportKinds).default('labels'),
});

const configSchema = fieldsSchema.check(checkFactorProduct);

export type TanpConfig = z.output<typeof configSchema>;
export type TanpConfigInput = z.input<typeof configSchema>;

/** Returns the configuration with defaults. Throws INVALID_CONFIGURATION if it is invalid, see `parseConfiguration`. */
export function parseTanpConfig(input: unknown): TanpConfig {
  return Object.freeze(parseConfiguration(configSchema, input, 'The configuration of TaNP'));
}
