import { add, mul, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { declareDense, dense, type Parts, pairCount, perPair } from '../layers.ts';
import {
  backbone,
  declareBackbone,
  declareHyperNetwork,
  declareOutput,
  hyperLayers,
  type Modulation,
  outputOf,
} from './modulation.ts';
import type { NetworkConfig } from './network-fields.ts';

/**
 * Feature-wise linear modulation (CMML eq. 11). Two heads on each layer of the hyper-network scale and shift the linear
 * output of the same layer of the backbone, `o = w ⊙ l + b`, before its activation.
 */
export const film: Modulation = {
  declare(config, pairWidth) {
    const { hyperWidths, backboneWidths, biasStart } = config;
    const heads = backboneWidths.map((width, layer) => {
      const widths = [hyperWidths[layer] as number, width] as const;
      return {
        // The modulation starts near the identity, so that the backbone first trains like an ordinary network.
        ...declareDense(headOf(layer, 'scale'), widths, { deviation: 0.01, bias: 1 }),
        ...declareDense(headOf(layer, 'shift'), widths, { deviation: 0.01, bias: biasStart }),
      };
    });
    return Object.assign(
      declareHyperNetwork(config, pairWidth),
      declareBackbone(config, pairWidth),
      declareOutput(backboneWidths.at(-1) as number, biasStart),
      ...heads,
    );
  },

  score(parameters, config, hybrid, pairs) {
    const layers = modulatedLayers(parameters, config, hybrid);
    const hidden = backbone(parameters, config, pairs, (linear, layer) => {
      const { scale, shift } = layers[layer] as ModulatedLayer;
      return add(mul(scale, linear), shift);
    });
    return outputOf(parameters, hidden);
  },

  /** Returns `scale.1`, `shift.1`, `scale.2`, …, each `[tasks, pairs, width]`. */
  explain(parameters, config, hybrid, pairs) {
    const count = pairCount(pairs);
    const named = modulatedLayers(parameters, config, hybrid).map(({ scale, shift }, layer) => ({
      [`scale.${layer + 1}`]: perPair(scale, count),
      [`shift.${layer + 1}`]: perPair(shift, count),
    }));
    return Object.assign({}, ...named);
  },
};

interface ModulatedLayer {
  readonly scale: Tensor3D;
  readonly shift: Tensor3D;
}

function modulatedLayers(parameters: Tensors, config: NetworkConfig, hybrid: Parts): ModulatedLayer[] {
  return hyperLayers(parameters, config, hybrid).map((hidden, layer) => ({
    scale: dense(parameters, headOf(layer, 'scale'), [hidden]),
    shift: dense(parameters, headOf(layer, 'shift'), [hidden]),
  }));
}

/** Returns `film.1.scale`, `film.1.shift`, … */
function headOf(layer: number, role: keyof ModulatedLayer): string {
  return `film.${layer + 1}.${role}`;
}
