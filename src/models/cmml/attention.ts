import {
  add,
  concat,
  div,
  exp,
  maximum,
  mul,
  reshape,
  split,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  tanh,
} from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { declareDense, dense } from '../layers.ts';
import {
  type ContextEncoder,
  contextLayers,
  declareContextLayers,
  lastContextWidth,
} from './context-encoder.ts';

/**
 * Scores lie within ± this, so that their exponentials can be summed without the maximum, which later pairs would
 * change: one pair weighs up to e¹⁶ times another.
 */
const bound = 8;

/**
 * Pooling by multi-head attention with learned queries (Lee et al., arXiv 1810.00825, section 3.2), beyond the paper.
 * Each head takes a mean of the pairs' values, weighted by `exp(s)`, and a linear layer maps the heads to the
 * context. It does not depend on the order of the pairs. As a query is the same for all tasks, its product with
 * a pair's key is one linear function of the pair: `s = bound · tanh(x·k / bound)`.
 *
 * The state is, for every head, the running sum of `exp(s)·v`, and then that of `exp(s)`.
 */
export const attention: ContextEncoder = {
  pairsPerFold: 'pairs',

  declare: (config, { inputs, pair }) => {
    const hidden = lastContextWidth(config);
    const { heads, width } = config.attention;
    return {
      ...declareContextLayers(config, inputs),
      ...declareDense('context.score', [hidden, heads]),
      ...declareDense('context.value', [hidden, heads * width]),
      ...declareDense('context.output', [heads * width, pair]),
    };
  },

  stateWidth: ({ attention: { heads, width } }) => heads * (width + 1),

  fold(parameters, config, earlier, { vectors, mask }) {
    const [tasks, pairs] = mask.shape;
    const { heads, width } = config.attention;
    const hidden = contextLayers(parameters, config, vectors);
    const weights = mul(attentionWeights(parameters, hidden), reshape(mask, [tasks, pairs, 1])) as Tensor3D;
    const values = reshape(dense(parameters, 'context.value', [hidden]), [tasks, pairs, heads, width]);
    const weighted = sum<Tensor>(mul(values, reshape(weights, [tasks, pairs, heads, 1])), 1);
    const added = concat([reshape(weighted, [tasks, heads * width]), sum<Tensor2D>(weights, 1)], 1);
    return add(earlier.state, reshape(added, [tasks, 1, heads * (width + 1)]));
  },

  context(parameters, { attention: { heads, width } }, { state }) {
    const [tasks] = state.shape;
    const [sums, totals] = split(state, [heads * width, heads], 2) as [Tensor3D, Tensor3D];
    // The bound is below the weight of any one pair: it only keeps 0 / 0 from being no number.
    const divisors = maximum(reshape(totals, [tasks, 1, heads, 1]), 0.5 * Math.exp(-bound));
    const means = div(reshape(sums, [tasks, 1, heads, width]) as Tensor4D, divisors);
    return dense(parameters, 'context.output', [reshape(means, [tasks, 1, heads * width])]);
  },
};

/** `exp(s)` of every head, `[tasks, pairs, heads]`. */
function attentionWeights(parameters: Tensors, hidden: Tensor3D): Tensor3D {
  const scores = dense(parameters, 'context.score', [hidden]);
  return exp(mul(tanh(div(scores, bound)), bound)) as Tensor3D;
}
