import { leakyRelu, relu, squeeze, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { declareDense, declareNetwork, dense, layerNames, type Parts } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { NetworkConfig } from './network-fields.ts';

/**
 * A backbone network and the way a task's hybrid contexts change it (CMML section 3.4). If all pairs of a task share
 * one hybrid context, `[tasks, 1, width]`, the layers that read only the context run once per task.
 */
export interface Modulation {
  declare(config: NetworkConfig, pairWidth: number): ParameterDeclarations;
  /** Returns the standardized scores `[tasks, pairs]` of pairs, given their hybrid contexts. */
  score(parameters: Tensors, config: NetworkConfig, hybrid: Parts, pairs: Parts): Tensor2D;
  /** Returns how the modulation changes the network for each pair, by name, `[tasks, pairs, …]`. For explanations. */
  explain(parameters: Tensors, config: NetworkConfig, hybrid: Parts, pairs: Parts): Tensors;
}

/** Slope of the leaky ReLU below zero. With plain ReLU, a negative scale would stop a unit's gradient. */
const leak = 0.01;

/** Declares the hidden layers of the network that `linear`, `sigmoid` and `film` modulate. */
export function declareBackbone(
  { backboneWidths, biasStart }: NetworkConfig,
  pairWidth: number,
): ParameterDeclarations {
  const names = layerNames('backbone', backboneWidths.length);
  return declareNetwork(names, [pairWidth, ...backboneWidths], { bias: biasStart });
}

/**
 * Returns the last hidden layer of the backbone, `[tasks, pairs, width]`. `modulate` changes the linear output of each
 * layer, counted from 0, before the activation.
 */
export function backbone(
  parameters: Tensors,
  { backboneWidths }: NetworkConfig,
  pairs: Parts,
  modulate: (linear: Tensor3D, layer: number) => Tensor3D = (linear) => linear,
): Tensor3D {
  const [last] = layerNames('backbone', backboneWidths.length).reduce<Parts>(
    (vector, name, layer) => [leakyRelu(modulate(dense(parameters, name, vector), layer), leak)],
    pairs,
  );
  return last as Tensor3D;
}

/** Declares the linear layer from the last hidden layer to the score. */
export function declareOutput(width: number, bias = 0): ParameterDeclarations {
  return declareDense('output', [width, 1], { bias });
}

/** Returns the standardized scores `[tasks, pairs]` from the last hidden layer `[tasks, pairs, width]`. */
export function outputOf(parameters: Tensors, hidden: Tensor3D): Tensor2D {
  return squeeze(dense(parameters, 'output', [hidden]), [2]);
}

/** Declares the hyper-network: it reads the hybrid contexts, and the heads of a modulation read its layers. */
export function declareHyperNetwork(
  { hyperWidths, biasStart }: NetworkConfig,
  pairWidth: number,
): ParameterDeclarations {
  const names = layerNames('hyper', hyperWidths.length);
  return declareNetwork(names, [pairWidth, ...hyperWidths], { bias: biasStart });
}

/**
 * Returns the output of each layer after its ReLU: `[tasks, pairs, width]`, or `[tasks, 1, width]` if pairs share it.
 */
export function hyperLayers(parameters: Tensors, { hyperWidths }: NetworkConfig, hybrid: Parts): Tensor3D[] {
  let vector = hybrid;
  return layerNames('hyper', hyperWidths.length).map((name) => {
    const hidden = relu(dense(parameters, name, vector));
    vector = [hidden];
    return hidden;
  });
}
