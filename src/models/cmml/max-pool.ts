import { add, max, maximum, minimum, mul, reshape, sub, type Tensor3D } from '@tensorflow/tfjs-core';
import { declareDense, dense } from '../layers.ts';
import { type ContextEncoder, contextLayers, declareContextLayers, lastContextWidth } from './context-encoder.ts';

/** Subtracted from a masked number, so that the number is below every unmasked one. */
const maskOffset = 1e9;

/** The maximum of the encoded pairs, unit by unit (CMML eq. 6). It does not depend on the order of the pairs. */
export const maxPool: ContextEncoder = {
  pairsPerFold: 'pairs',

  declare: (config, { inputs, pair }) => ({
    ...declareContextLayers(config, inputs),
    ...declareDense('context.output', [lastContextWidth(config), pair]),
  }),

  stateWidth: (_config, pairWidth) => pairWidth,

  fold(parameters, config, earlier, { vectors, mask }) {
    const encoded = dense(parameters, 'context.output', [contextLayers(parameters, config, vectors)]);
    const counts = reshape(mask, [...mask.shape, 1]) as Tensor3D;
    // The zero state of no pairs and the padding can exceed the pairs' values, so both are masked.
    const added = max<Tensor3D>(masked(encoded, counts), 1, true);
    const any = maximum(minimum(earlier.count, 1), max(counts, 1, true));
    return mul(maximum(added, masked(earlier.state, minimum(earlier.count, 1))), any);
  },

  context: (_parameters, _config, { state }) => state,
};

/** Returns the numbers unchanged where `counts` is 1, and below every other number where it is 0. */
function masked(numbers: Tensor3D, counts: Tensor3D): Tensor3D {
  return add(numbers, mul(sub(counts, 1), maskOffset));
}
