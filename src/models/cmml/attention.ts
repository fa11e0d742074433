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
import { type ContextEncoder, contextLayers, declareContextLayers, lastContextWidth } from './context-encoder.ts';

/**
 * Bound of the scores: they lie within ± this. Their exponentials can then be summed without subtracting the maximum,
 * which later pairs would change. One pair weighs at most e¹⁶ times another.
 */
const bound = 8;

/**
 * Pools the pairs by multi-head attention with learned queries (Lee et al., arXiv 1810.00825, section 3.2). The CMML
 * paper does not have this encoder.
 *
 * Each head computes the mean of the pairs' values, weighted by `exp(s)`. A linear layer maps the heads to the context.
 * The result does not depend on the order of the pairs. A query is the same for all tasks, so its product with a pair's
 * key is one linear function of the pair: `s = bound · tanh(x·k / bound)`.
 *
 * The state holds the running sums of `exp(s)·v` of all heads, followed by the running sums of `exp(s)`.
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
    // This lower bound is below the weight of any single pair. It only prevents 0 / 0 for an empty support set.
    const divisors = maximum(reshape(totals, [tasks, 1, heads, 1]), 0.5 * Math.exp(-bound));
    const means = div(reshape(sums, [tasks, 1, heads, width]) as Tensor4D, divisors);
    return dense(parameters, 'context.output', [reshape(means, [tasks, 1, heads * width])]);
  },
};

/** Returns `exp(s)` for every head, `[tasks, pairs, heads]`. */
function attentionWeights(parameters: Tensors, hidden: Tensor3D): Tensor3D {
  const scores = dense(parameters, 'context.score', [hidden]);
  return exp(mul(tanh(div(scores, bound)), bound)) as Tensor3D;
}
