import { add, leakyRelu, mul, relu, squeeze, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { declareDense, declareNetwork, dense, layerNames, type Parts, reluNetwork } from './dense.ts';
import type { Modulation } from './modulation.ts';

/** Leaky, so that a scale below zero does not end a unit's gradient. */
const leak = 0.01;

/**
 * Feature-wise linear modulation, CMML eq. 11: a hyper-network reads the hybrid context, and a head per layer
 * scales and shifts that layer's linear output, `o = w ⊙ l + b`, before its activation.
 */
export const film: Modulation = {
  declare({ hyperWidths, backboneWidths }, pairWidth) {
    const hyperWidth = hyperWidths.at(-1) as number;
    const heads = backboneWidths.map((width, layer) => ({
      // Modulation starts near the identity, where the backbone trains like an ordinary network.
      ...declareDense(`film.${layer + 1}.scale`, [hyperWidth, width], {
        deviation: 0.01,
        bias: 1,
      }),
      ...declareDense(`film.${layer + 1}.shift`, [hyperWidth, width], {
        deviation: 0.01,
      }),
    }));
    return Object.assign(
      declareNetwork(layerNames('hyper', hyperWidths.length), [pairWidth, ...hyperWidths]),
      declareNetwork(layerNames('backbone', backboneWidths.length), [pairWidth, ...backboneWidths]),
      declareDense('output', [backboneWidths.at(-1) as number, 1]),
      ...heads,
    );
  },

  score(parameters, { hyperWidths, backboneWidths }, hybrid, pairs) {
    const hyper = relu(reluNetwork(parameters, layerNames('hyper', hyperWidths.length), hybrid));
    const output = backboneWidths.reduce<Parts>((vector, _, index) => {
      const layer = index + 1;
      const linear = dense(parameters, `backbone.${layer}`, vector);
      const scale = dense(parameters, `film.${layer}.scale`, [hyper]);
      const shift = dense(parameters, `film.${layer}.shift`, [hyper]);
      const modulated = add(mul(scale, linear), shift) as Tensor3D;
      return [leakyRelu(modulated, leak)];
    }, pairs);
    return squeeze(dense(parameters, 'output', output), [2]) as Tensor2D;
  },
};
