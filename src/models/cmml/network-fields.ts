import { z } from 'zod';
import { largest, widths } from '../model-sizes.ts';

export const modulationKinds = ['linear', 'sigmoid', 'film', 'softModules'] as const;
export type ModulationKind = (typeof modulationKinds)[number];

const softModulesSchema = z
  .strictObject({
    /** Number of modules in each layer of the base network. */
    modules: z.int().min(2).max(largest.modules).default(4),
    /**
     * Widths of the route network's layers. Each decides how the modules of one layer of the base network are mixed.
     */
    routeWidths: widths.min(1).default([128, 128]),
    /** Width of a module's output, for each layer. */
    moduleWidths: widths.min(1).default([32, 32]),
  })
  .refine(({ routeWidths, moduleWidths }) => routeWidths.length === moduleWidths.length, {
    message: 'expected routeWidths and moduleWidths to have the same number of layers',
  });

/** The fields of a configuration that describe the modulated network. */
export const networkFields = {
  /** `linear`, `sigmoid`, `film`: widths of the hyper-network. The last two need one layer for each backbone layer. */
  hyperWidths: widths.min(1).default([64, 64]),
  /** `linear`, `sigmoid`, `film`: widths of the backbone's hidden layers. */
  backboneWidths: widths.min(1).default([64, 64]),
  /**
   * `linear`, `sigmoid`, `film`: the initial biases of hyper-network and backbone. The paper uses 0.1 for the scenarios
   * of MovieLens. The scales of `film` start at 1. The layer that `linear` generates starts at random values.
   */
  biasStart: z.number().default(0),
  /** `softModules`: the sizes of the route network and of the modules. */
  softModules: softModulesSchema.prefault({}),
};

const networkConfig = z.object(networkFields);
/** What a modulation reads of a configuration. */
export type NetworkConfig = z.output<typeof networkConfig>;

/** The modulations with one head on each layer of the hyper-network, for the same layer of the backbone. */
const modulatesLayers: ReadonlySet<ModulationKind> = new Set(['sigmoid', 'film']);

/** Reports `hyperWidths` as invalid if the modulation needs as many of them as there are `backboneWidths`. */
export const checkHyperWidths: z.core.CheckFn<NetworkConfig & { readonly modulation: ModulationKind }> = ({
  value,
  issues,
}) => {
  const { modulation, hyperWidths, backboneWidths } = value;
  if (!modulatesLayers.has(modulation) || hyperWidths.length === backboneWidths.length) return;
  const message = `expected ${backboneWidths.length} widths with ${modulation}, one for each of backboneWidths`;
  issues.push({ code: 'custom', path: ['hyperWidths'], input: hyperWidths, message });
};
