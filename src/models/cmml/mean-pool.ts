import {
  add,
  div,
  matMul,
  maximum,
  mul,
  relu,
  reshape,
  step,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import type { ContextEncoder } from './context-encoder.ts';
import { declareDense, declareNetwork, dense, reluNetwork } from './dense.ts';

const labelLayers = ['context.label.1', 'context.label.2'];

/**
 * The mean of the encoded pairs (CMML eq. 6), which does not depend on their order.
 *
 * The last layer is linear, so it commutes with the mean: what is summed, and kept as state, is the narrower
 * hidden layer before it, and the last layer is computed once a task instead of once a pair.
 */
export const meanPool: ContextEncoder = {
  declare: ({ labelWidth, contextWidth }, pairWidth) => ({
    ...declareNetwork(labelLayers, [1, labelWidth, labelWidth]),
    ...declareDense('context.hidden', [pairWidth + labelWidth, contextWidth]),
    ...declareDense('context.output', [contextWidth, pairWidth]),
  }),

  stateWidth: ({ contextWidth }) => contextWidth,

  fold(parameters, earlier, { pairs, labels, mask }) {
    const labelEmbedding = reluNetwork(parameters, labelLayers, [column(labels)]);
    const hidden = relu(dense(parameters, 'context.hidden', [...pairs, labelEmbedding]));
    // The sum over the pairs that count is one product: [tasks, 1, pairs] · [tasks, pairs, width].
    const [tasks, count] = mask.shape;
    return add(earlier.state, matMul(reshape(mask, [tasks, 1, count]), hidden)) as Tensor3D;
  },

  context(parameters, { state, count }) {
    const mean = div(state, maximum(count, 1)) as Tensor3D;
    return mul(dense(parameters, 'context.output', [mean]), step(count));
  },
};

function column(labels: Tensor2D): Tensor3D {
  return reshape(labels, [...labels.shape, 1]);
}
