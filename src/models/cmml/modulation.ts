import { leakyRelu, relu, squeeze, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { declareDense, declareNetwork, dense, layerNames, type Parts } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { CmmlConfig } from './cmml-config.ts';

/**
 * A backbone network with what changes it for a task (CMML section 3.4). The hybrid contexts may be shared by the
 * pairs of a task, `[tasks, 1, width]`; what depends on them alone is then computed once a task.
 */
export interface Modulation {
  declare(config: CmmlConfig, pairWidth: number): ParameterDeclarations;
  /** Standardised scores `[tasks, pairs]` of pairs, given their hybrid contexts. */
  score(parameters: Tensors, config: CmmlConfig, hybrid: Parts, pairs: Parts): Tensor2D;
  /** What the modulation does to the network for each pair, by name, `[tasks, pairs, …]`, to be read by people. */
  explain(parameters: Tensors, config: CmmlConfig, hybrid: Parts, pairs: Parts): Tensors;
}

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

/** The network that reads hybrid contexts, and whose layers the heads of a modulation read. */
export function declareHyperNetwork(
  { hyperWidths, biasStart }: CmmlConfig,
  pairWidth: number,
): ParameterDeclarations {
  const names = layerNames('hyper', hyperWidths.length);
  return declareNetwork(names, [pairWidth, ...hyperWidths], { bias: biasStart });
}

/** What each layer gives, after its ReLU: `[tasks, pairs, width]`, or with one pair where all pairs share it. */
export function hyperLayers(parameters: Tensors, { hyperWidths }: CmmlConfig, hybrid: Parts): Tensor3D[] {
  let vector = hybrid;
  return layerNames('hyper', hyperWidths.length).map((name) => {
    const hidden = relu(dense(parameters, name, vector));
    vector = [hidden];
    return hidden;
  });
}
