import { z } from 'zod';
import { parseConfiguration } from '../../common/parse-configuration.ts';
import { checkFactorProduct, embeddingFields } from '../embedding/embedding-config.ts';
import { largest, pairs, width, widths } from '../model-sizes.ts';
import { objectiveKinds } from '../objectives.ts';
import { supportKinds } from '../recommender.ts';
import { checkHyperWidths, modulationKinds, networkFields } from './network-fields.ts';
import { refinementField } from './refinement.ts';

/** The interchangeable parts of CMML. Each kind is a row of a typed table in this folder. */
export const contextEncoderKinds = ['meanPool', 'maxPool', 'gru', 'attention'] as const;
export const hybridKinds = ['none', 'dot', 'mlp'] as const;

export type ContextEncoderKind = (typeof contextEncoderKinds)[number];
export type HybridKind = (typeof hybridKinds)[number];

const fieldsSchema = z.strictObject({
  encoder: z.enum(contextEncoderKinds).default('meanPool'),
  hybrid: z.enum(hybridKinds).default('dot'),
  modulation: z.enum(modulationKinds).default('film'),
  objective: z.enum(objectiveKinds).default('mse'),
  ...embeddingFields,
  /** Widths of the network that embeds labels. If empty, the standardized label itself enters the encoder. */
  labelWidths: widths.default([64, 64]),
  /**
   * Widths of the context encoder's hidden layers, before its linear last layer. They run on each pair, or with `gru`
   * on the last state. The paper uses [64] when tasks are users, [128, 128] for scenarios, and [256] with `gru`.
   */
  contextWidths: widths.min(1).default([64]),
  /** `gru`: the width of the state. */
  gruWidth: width.default(256),
  /** `attention`: the number of heads, and the width of each head's value. */
  attention: z
    .strictObject({ heads: z.int().positive().max(largest.heads).default(4), width: width.default(64) })
    .prefault({}),
  /**
   * The context of n pairs is multiplied by n / (n + shrinkage), because the context of a few pairs is mostly noise.
   * With 0, the context is that of the paper.
   */
  contextShrinkage: z.number().min(0).default(6),
  /** Gradient steps on the context of a task, see `refineContext`. With 0 steps, there are none, as in the paper. */
  refinement: refinementField,
  /**
   * Number of item features in the linear model of each task, which is solved from the support set in closed form (see
   * `ridge-head.ts`). With 0, there is no such model, as in the paper.
   */
  ridgeWidth: z.int().min(0).max(largest.width).default(16),
  /** `mlp`: widths of the hidden layers of the network that combines context and pair. */
  hybridWidths: widths.min(1).default([128]),
  ...networkFields,
  /** Labels enter the network as `(label − mean) / deviation`. Scores are converted back to the units of the labels. */
  labels: z.strictObject({ mean: z.number(), deviation: z.number().positive() }).default({ mean: 0, deviation: 1 }),
  /** Maximum number of pairs in a support set. */
  supportLimit: pairs.default(90),
  /** What support sets contain. Training sets this to the kind of support set that it used. */
  support: z.enum(supportKinds).default('labels'),
});

const configSchema = fieldsSchema.check(checkFactorProduct).check(checkHyperWidths);

/** The names of all fields. A model that ranks the catalog has other fields, see `listConfigSchema`. */
export const cmmlFields: readonly string[] = Object.keys(fieldsSchema.shape);

export type CmmlConfig = z.output<typeof configSchema>;
export type CmmlConfigInput = z.input<typeof configSchema>;

/** Returns the configuration with defaults. Throws INVALID_CONFIGURATION if it is invalid, see `parseConfiguration`. */
export function parseCmmlConfig(input: unknown): CmmlConfig {
  return Object.freeze(parseConfiguration(configSchema, input, 'The configuration of CMML'));
}
