import { add, mul, squeeze, sum, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { declareDense, dense, type Parts, perPair } from '../layers.ts';
import { backbone, declareBackbone, declareHyperNetwork, hyperLayers, type Modulation } from './modulation.ts';
import type { NetworkConfig } from './network-fields.ts';

/**
 * Weight modulation (CMML eq. 9). From its last hidden layer, the hyper-network generates the weights and the bias of
 * the backbone's last linear layer, `out = wᵀh + b`.
 */
export const linear: Modulation = {
  declare(config, pairWidth) {
    const hyperWidth = config.hyperWidths.at(-1) as number;
    const width = config.backboneWidths.at(-1) as number;
    return {
      ...declareHyperNetwork(config, pairWidth),
      ...declareBackbone(config, pairWidth),
      ...declareDense('linear.weight', [hyperWidth, width], { deviation: 0.01 }),
      // Generated weights start like those of an ordinary layer. If they started at zero, the backbone would get no
      // gradient.
      'linear.weight.bias': { shape: [width], mean: 0, deviation: Math.sqrt(2 / width) },
      ...declareDense('linear.bias', [hyperWidth, 1], { deviation: 0.01 }),
    };
  },

  score(parameters, config, hybrid, pairs) {
    const { weight, bias } = lastLayer(parameters, config, hybrid);
    const hidden = backbone(parameters, config, pairs);
    return squeeze(add(sum<Tensor3D>(mul(weight, hidden), 2, true), bias), [2]) as Tensor2D;
  },

  /**
   * Returns `weight` and `hidden`, each `[tasks, pairs, width]`, and `bias`, `[tasks, pairs, 1]`. The standardized
   * score is Σ weight · hidden + bias.
   */
  explain(parameters, config, hybrid, pairs) {
    const { weight, bias } = lastLayer(parameters, config, hybrid);
    const hidden = backbone(parameters, config, pairs);
    const [, count] = hidden.shape;
    return { weight: perPair(weight, count), bias: perPair(bias, count), hidden };
  },
};

function lastLayer(parameters: Tensors, config: NetworkConfig, hybrid: Parts): { weight: Tensor3D; bias: Tensor3D } {
  const last = hyperLayers(parameters, config, hybrid).at(-1) as Tensor3D;
  return {
    weight: dense(parameters, 'linear.weight', [last]),
    bias: dense(parameters, 'linear.bias', [last]),
  };
}
