import { mul, sigmoid, type Tensor3D } from '@tensorflow/tfjs-core';
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
 * Sigmoid modulation (CMML eq. 10). A head on each layer of the hyper-network gates the units of the same layer of the
 * backbone, `o = σ(w) ⊙ l`.
 */
export const sigmoidGates: Modulation = {
  declare(config, pairWidth) {
    const { hyperWidths, backboneWidths, biasStart } = config;
    const heads = backboneWidths.map((width, layer) =>
      declareDense(headOf(layer), [hyperWidths[layer] as number, width], { bias: biasStart }),
    );
    return Object.assign(
      declareHyperNetwork(config, pairWidth),
      declareBackbone(config, pairWidth),
      declareOutput(backboneWidths.at(-1) as number, biasStart),
      ...heads,
    );
  },

  score(parameters, config, hybrid, pairs) {
    const gates = gatesOf(parameters, config, hybrid);
    const hidden = backbone(parameters, config, pairs, (linear, layer) => mul(gates[layer] as Tensor3D, linear));
    return outputOf(parameters, hidden);
  },

  /** Returns `gate.1`, `gate.2`, …, each `[tasks, pairs, width]` within (0, 1). */
  explain(parameters, config, hybrid, pairs) {
    const gates = gatesOf(parameters, config, hybrid);
    return Object.fromEntries(gates.map((gate, layer) => [`gate.${layer + 1}`, perPair(gate, pairCount(pairs))]));
  },
};

function gatesOf(parameters: Tensors, config: NetworkConfig, hybrid: Parts): Tensor3D[] {
  return hyperLayers(parameters, config, hybrid).map((hidden, layer) =>
    sigmoid(dense(parameters, headOf(layer), [hidden])),
  );
}

/** Returns `sigmoid.1.gate`, `sigmoid.2.gate`, … */
function headOf(layer: number): string {
  return `sigmoid.${layer + 1}.gate`;
}
