import { relu, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { declareNetwork, dense, layerNames } from '../layers/dense.ts';
import type { Parts } from '../layers/parts.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { CmmlConfig } from './cmml-config.ts';

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
