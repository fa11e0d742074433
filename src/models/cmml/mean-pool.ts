import { add, div, matMul, maximum, reshape, type Tensor3D } from '@tensorflow/tfjs-core';
import { declareDense, dense } from '../layers.ts';
import { type ContextEncoder, contextLayers, declareContextLayers, lastContextWidth } from './context-encoder.ts';

/**
 * The mean of the encoded pairs (CMML eq. 6). It does not depend on the order of the pairs.
 *
 * The last layer is linear, so it commutes with the mean. The encoder therefore sums the narrower hidden layer before
 * it, keeps that sum as the state, and runs the last layer once per task instead of once per pair.
 */
export const meanPool: ContextEncoder = {
  pairsPerFold: 'pairs',

  declare: (config, { inputs, pair }) => ({
    ...declareContextLayers(config, inputs),
    ...declareDense('context.output', [lastContextWidth(config), pair]),
  }),

  stateWidth: lastContextWidth,

  fold(parameters, config, earlier, { vectors, mask }) {
    const hidden = contextLayers(parameters, config, vectors);
    // One product sums over the unmasked pairs: [tasks, 1, pairs] · [tasks, pairs, width].
    const [tasks, count] = mask.shape;
    return add(earlier.state, matMul(reshape(mask, [tasks, 1, count]), hidden)) as Tensor3D;
  },

  context(parameters, _config, { state, count }) {
    const mean = div(state, maximum(count, 1)) as Tensor3D;
    return dense(parameters, 'context.output', [mean]);
  },
};
