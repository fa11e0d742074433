import { z } from 'zod';
import { parseConfiguration } from '../../parse-configuration.ts';

/** The interchangeable parts of CMML; each kind is a row of the table of its name in this folder. */
export const contextEncoderKinds = ['meanPool'] as const;
export const hybridKinds = ['dot'] as const;
export const modulationKinds = ['film', 'softModules'] as const;
export const objectiveKinds = ['mse'] as const;

export type ContextEncoderKind = (typeof contextEncoderKinds)[number];
export type HybridKind = (typeof hybridKinds)[number];
export type ModulationKind = (typeof modulationKinds)[number];
export type ObjectiveKind = (typeof objectiveKinds)[number];

const width = z.int().positive();

const softModulesSchema = z
  .strictObject({
    /** Modules of each layer of the base network. */
    modules: z.int().min(2).default(4),
    /** Layers of the route network; each decides how the modules of one layer of the base network are mixed. */
    routeWidths: z.array(width).min(1).default([128, 128]),
    /** Width of each module's output, layer by layer. */
    moduleWidths: z.array(width).min(1).default([32, 32]),
  })
  .refine(({ routeWidths, moduleWidths }) => routeWidths.length === moduleWidths.length, {
    message: 'expected routeWidths and moduleWidths to have as many layers as each other',
  });

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
  /**
   * The mean of n pairs counts n / (n + shrinkage) against the zero context of none, since that of a few is mostly
   * noise. 0 is the plain mean of the paper.
   */
  contextShrinkage: z.number().min(0).default(6),
  /** `film`: layers of the hyper-network, which the modulation's heads read. */
  hyperWidths: z.array(width).min(1).default([256, 256]),
  /** `film`: hidden layers of the backbone. */
  backboneWidths: z.array(width).min(1).default([64, 64]),
  /** `softModules`: sizes of the route network and of the modules. */
  softModules: softModulesSchema.prefault({}),
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
