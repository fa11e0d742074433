import { relu, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { declareNetwork, layerNames, reluNetwork } from '../layers/dense.ts';
import type { Parts } from '../layers/parts.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { CmmlConfig } from './cmml-config.ts';

/** The hidden layers of a context encoder (`contextWidths`): before the pooling on every pair, else on the state. */
export function declareContextLayers({ contextWidths }: CmmlConfig, inputs: number): ParameterDeclarations {
  return declareNetwork(layerNames('context', contextWidths.length), [inputs, ...contextWidths]);
}

/** The output of the last of them, after its ReLU, `[tasks, pairs, width]`. */
export function contextLayers(parameters: Tensors, { contextWidths }: CmmlConfig, vectors: Parts): Tensor3D {
  return relu(reluNetwork(parameters, layerNames('context', contextWidths.length), vectors));
}

export function lastContextWidth({ contextWidths }: CmmlConfig): number {
  return contextWidths.at(-1) as number;
}
