import { add, max, maximum, minimum, mul, reshape, sub, type Tensor3D } from '@tensorflow/tfjs-core';
import { declareDense, dense } from '../layers.ts';
import {
  type ContextEncoder,
  contextLayers,
  declareContextLayers,
  lastContextWidth,
} from './context-encoder.ts';

/** Taken from a number that does not count, it leaves one below all that do. */
const outOfReach = 1e9;

/** The greatest of the encoded pairs, unit by unit (CMML eq. 6). It does not depend on their order. */
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
    // The zero state of no pairs may exceed what pairs have, as may padding: only numbers that count compete.
    const added = max<Tensor3D>(competing(encoded, counts), 1, true);
    const any = maximum(minimum(earlier.count, 1), max(counts, 1, true));
    return mul(maximum(added, competing(earlier.state, minimum(earlier.count, 1))), any);
  },

  context: (_parameters, _config, { state }) => state,
};

/** The numbers as they are where `counts` is 1, and out of reach where it is 0. */
function competing(numbers: Tensor3D, counts: Tensor3D): Tensor3D {
  return add(numbers, mul(sub(counts, 1), outOfReach));
}
