import { reshape, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { type GruParameters, gru } from '../../engine/gru.ts';
import { declareDense, dense, joined } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import { type ContextEncoder, contextLayers, declareContextLayers, lastContextWidth } from './context-encoder.ts';

/**
 * The sequential encoder (CMML eq. 7). A gated recurrent unit reads the pairs in order, and a network maps its last
 * state to the context. That last state is the encoder's state.
 */
export const gruEncoder: ContextEncoder = {
  // The graph has one step for each pair. Unused steps cost less than one graph for each length.
  pairsPerFold: 16,

  declare: (config, { inputs, pair }) => ({
    ...declareGru(inputs, config.gruWidth),
    ...declareContextLayers(config, config.gruWidth),
    ...declareDense('context.output', [lastContextWidth(config), pair]),
  }),

  stateWidth: ({ gruWidth }) => gruWidth,

  fold(parameters, { gruWidth }, earlier, { vectors, mask }) {
    const [tasks] = mask.shape;
    const initial = reshape(earlier.state, [tasks, gruWidth]) as Tensor2D;
    const last = gru(gruParameters(parameters), joined(vectors), initial, mask);
    return reshape(last, [tasks, 1, gruWidth]);
  },

  context(parameters, config, { state }) {
    return dense(parameters, 'context.output', [contextLayers(parameters, config, [state])]);
  },
};

/** Declares the GRU. The initial deviation of the weights preserves the scale of their inputs, for each gate. */
function declareGru(inputs: number, width: number): ParameterDeclarations {
  return {
    'context.gru.inputWeight': { shape: [inputs, 3 * width], mean: 0, deviation: Math.sqrt(1 / inputs) },
    'context.gru.inputBias': { shape: [3 * width], mean: 0, deviation: 0 },
    'context.gru.stateWeight': { shape: [width, 3 * width], mean: 0, deviation: Math.sqrt(1 / width) },
    'context.gru.candidateBias': { shape: [width], mean: 0, deviation: 0 },
  };
}

function gruParameters(parameters: Tensors): GruParameters {
  const named = (name: keyof GruParameters) => parameters[`context.gru.${name}`] as Tensor;
  return {
    inputWeight: named('inputWeight'),
    inputBias: named('inputBias'),
    stateWeight: named('stateWeight'),
    candidateBias: named('candidateBias'),
  };
}
