import { leakyRelu, squeeze, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { declareDense, declareNetwork, dense, layerNames } from '../layers/dense.ts';
import type { Parts } from '../layers/parts.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { CmmlConfig } from './cmml-config.ts';

/** Leaky, so that a scale below zero does not end a unit's gradient. */
const leak = 0.01;

/** The hidden layers of the network that `linear`, `sigmoid` and `film` modulate. */
export function declareBackbone(
  { backboneWidths, biasStart }: CmmlConfig,
  pairWidth: number,
): ParameterDeclarations {
  const names = layerNames('backbone', backboneWidths.length);
  return declareNetwork(names, [pairWidth, ...backboneWidths], { bias: biasStart });
}

/**
 * The last hidden layer of the backbone, `[tasks, pairs, width]`. `modulate` changes the linear output of a layer,
 * counted from 0, before its activation.
 */
export function backbone(
  parameters: Tensors,
  { backboneWidths }: CmmlConfig,
  pairs: Parts,
  modulate: (linear: Tensor3D, layer: number) => Tensor3D = (linear) => linear,
): Tensor3D {
  const [last] = layerNames('backbone', backboneWidths.length).reduce<Parts>(
    (vector, name, layer) => [leakyRelu(modulate(dense(parameters, name, vector), layer), leak)],
    pairs,
  );
  return last as Tensor3D;
}

/** The linear layer from the last hidden one to the score. */
export function declareOutput(width: number, bias = 0): ParameterDeclarations {
  return declareDense('output', [width, 1], { bias });
}

/** Standardised scores `[tasks, pairs]` from the last hidden layer `[tasks, pairs, width]`. */
export function outputOf(parameters: Tensors, hidden: Tensor3D): Tensor2D {
  return squeeze(dense(parameters, 'output', [hidden]), [2]);
}
