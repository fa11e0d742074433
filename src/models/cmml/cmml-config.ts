import { z } from 'zod';
import { parseConfiguration } from '../../common/parse-configuration.ts';
import { checkFactorProduct, embeddingFields } from '../embedding/embedding-config.ts';
import { largest, pairs, width, widths } from '../model-sizes.ts';
import { objectiveKinds } from '../objectives.ts';
import { supportKinds } from '../recommender.ts';

/** The interchangeable parts of CMML; each kind is a row of the table of its name in this folder. */
export const contextEncoderKinds = ['meanPool', 'maxPool', 'gru', 'attention'] as const;
export const hybridKinds = ['none', 'dot', 'mlp'] as const;
export const modulationKinds = ['linear', 'sigmoid', 'film', 'softModules'] as const;

export type ContextEncoderKind = (typeof contextEncoderKinds)[number];
export type HybridKind = (typeof hybridKinds)[number];
export type ModulationKind = (typeof modulationKinds)[number];

const softModulesSchema = z
  .strictObject({
    /** Modules of each layer of the base network. */
    modules: z.int().min(2).max(largest.modules).default(4),
    /** Layers of the route network; each decides how the modules of one layer of the base network are mixed. */
    routeWidths: widths.min(1).default([128, 128]),
    /** Width of each module's output, layer by layer. */
    moduleWidths: widths.min(1).default([32, 32]),
  })
  .refine(({ routeWidths, moduleWidths }) => routeWidths.length === moduleWidths.length, {
    message: 'expected routeWidths and moduleWidths to have as many layers as each other',
  });

const fieldsSchema = z.strictObject({
  encoder: z.enum(contextEncoderKinds).default('meanPool'),
  hybrid: z.enum(hybridKinds).default('dot'),
  modulation: z.enum(modulationKinds).default('film'),
  objective: z.enum(objectiveKinds).default('mse'),
  ...embeddingFields,
  /** Layers of the network that embeds labels. None: the standardised label itself enters the encoder. */
  labelWidths: widths.default([64, 64]),
  /**
   * Hidden layers of the context encoder, before its last, linear one: on each pair, or for `gru` on the last state.
   * The paper has [64] for tasks that are users, [128, 128] for scenarios, and [256] with `gru`.
   */
  contextWidths: widths.min(1).default([64]),
  /** `gru`: width of the state. */
  gruWidth: width.default(256),
  /** `attention`: heads, and the width of what each takes of a pair. */
  attention: z
    .strictObject({ heads: z.int().positive().max(largest.heads).default(4), width: width.default(64) })
    .prefault({}),
  /**
   * The context of n pairs counts n / (n + shrinkage) against the zero context of none, since that of a few is
   * mostly noise. 0 is the plain context of the paper.
   */
  contextShrinkage: z.number().min(0).default(6),
  /**
   * Features of an item that a linear model of each task weighs, solved from its support set in closed form (see
   * `ridge-head.ts`). 0 leaves it out, as in the paper.
   */
  ridgeWidth: z.int().min(0).max(largest.width).default(16),
  /** `mlp`: hidden layers of the network that combines context and pair. */
  hybridWidths: widths.min(1).default([128]),
  /** `linear`, `sigmoid`, `film`: layers of the hyper-network; the latter two need one for each of the backbone. */
  hyperWidths: widths.min(1).default([64, 64]),
  /** `linear`, `sigmoid`, `film`: hidden layers of the backbone. */
  backboneWidths: widths.min(1).default([64, 64]),
  /**
   * `linear`, `sigmoid`, `film`: biases of hyper-network and backbone before training. The paper has 0.1 for the
   * scenarios of MovieLens. The scales of `film` start at 1, and the layer that `linear` generates at random.
   */
  biasStart: z.number().default(0),
  /** `softModules`: sizes of the route network and of the modules. */
  softModules: softModulesSchema.prefault({}),
  /** Labels enter the network as `(label − mean) / deviation`, and scores leave it the other way round. */
  labels: z
    .strictObject({ mean: z.number(), deviation: z.number().positive() })
    .default({ mean: 0, deviation: 1 }),
  /** Most pairs of a support set. */
  supportLimit: pairs.default(90),
  /** What support sets have; a training sets it to what it showed. */
  support: z.enum(supportKinds).default('labels'),
});

/** The modulations with a head on each layer of the hyper-network, for the same layer of the backbone. */
const modulatesLayers: ReadonlySet<ModulationKind> = new Set(['sigmoid', 'film']);

const configSchema = fieldsSchema.check(checkFactorProduct).check(({ value, issues }) => {
  const { modulation, hyperWidths, backboneWidths } = value;
  if (!modulatesLayers.has(modulation) || hyperWidths.length === backboneWidths.length) return;
  const message = `expected ${backboneWidths.length} widths with ${modulation}, as many as backboneWidths has`;
  issues.push({ code: 'custom', path: ['hyperWidths'], input: hyperWidths, message });
});

export type CmmlConfig = z.output<typeof configSchema>;
export type CmmlConfigInput = z.input<typeof configSchema>;

/** Fills in defaults. Throws INVALID_CONFIGURATION, see `parseConfiguration`. */
export function parseCmmlConfig(input: unknown): CmmlConfig {
  return Object.freeze(parseConfiguration(configSchema, input, 'The configuration of CMML'));
}
