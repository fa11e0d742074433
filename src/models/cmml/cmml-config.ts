import { z } from 'zod';
import { parseConfiguration } from '../parse-configuration.ts';

/** The interchangeable parts of CMML; each kind is a row of the table of its name in this folder. */
export const contextEncoderKinds = ['meanPool'] as const;
export const hybridKinds = ['dot'] as const;
export const modulationKinds = ['film'] as const;
export const objectiveKinds = ['mse'] as const;

export type ContextEncoderKind = (typeof contextEncoderKinds)[number];
export type HybridKind = (typeof hybridKinds)[number];
export type ModulationKind = (typeof modulationKinds)[number];
export type ObjectiveKind = (typeof objectiveKinds)[number];

const width = z.int().positive();

const configSchema = z.strictObject({
  encoder: z.enum(contextEncoderKinds).default('meanPool'),
  hybrid: z.enum(hybridKinds).default('dot'),
  modulation: z.enum(modulationKinds).default('film'),
  objective: z.enum(objectiveKinds).default('mse'),
  /** Width of each field's embedding. */
  embeddingWidth: width.default(32),
  /** Standard deviation of the embeddings before training, over the square root of how many values a field has. */
  embeddingDeviation: z.number().positive().default(0.3),
  /** Hidden width of the network that embeds labels, and the width of what it gives. */
  labelWidth: width.default(64),
  /** Hidden width of the context encoder; also that of the state a pooling encoder keeps. */
  contextWidth: width.default(64),
  /** Layers of the hyper-network, which the modulation's heads read. */
  hyperWidths: z.array(width).min(1).default([256, 256]),
  /** Hidden layers of the backbone. */
  backboneWidths: z.array(width).min(1).default([64, 64]),
  /** Labels enter the network as `(label − mean) / deviation`, and scores leave it the other way round. */
  labels: z
    .strictObject({ mean: z.number(), deviation: z.number().positive() })
    .default({ mean: 0, deviation: 1 }),
  /** Most pairs of a support set. */
  supportLimit: width.default(90),
});

export type CmmlConfig = z.output<typeof configSchema>;
export type CmmlConfigInput = z.input<typeof configSchema>;

/** Fills in defaults. Throws INVALID_CONFIGURATION, see `parseConfiguration`. */
export function parseCmmlConfig(input: unknown): CmmlConfig {
  return Object.freeze(parseConfiguration(configSchema, input, 'The configuration of CMML'));
}
