import { mul, split, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { declareNetwork, layerNames, type Parts, reluNetwork, widthsOf } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { CmmlConfig, HybridKind } from './cmml-config.ts';

/** Combines the context of a task, `[tasks, 1, pairWidth]`, with each of its pairs (CMML eq. 8). */
export interface Hybrid {
  declare(config: CmmlConfig, pairWidth: number): ParameterDeclarations;
  /** The hybrid context of every pair, as wide as the pair. */
  combine(parameters: Tensors, config: CmmlConfig, context: Tensor3D, pairs: Parts): Parts;
}

/** The context itself, which all pairs of a task share: what reads it is computed once a task. */
const none: Hybrid = {
  declare: () => ({}),
  combine: (_parameters, _config, context) => [context],
};

/** CMML eq. 8, first line: the element-wise product. */
const dot: Hybrid = {
  declare: () => ({}),
  combine(_parameters, _config, context, pairs) {
    const contexts = split(context, widthsOf(pairs), 2);
    return pairs.map((part, index) => mul(part, contexts[index] as Tensor3D));
  },
};

/** CMML eq. 8, second line: a network that reads the context and the pair. */
const mlp: Hybrid = {
  declare: ({ hybridWidths }, pairWidth) =>
    declareNetwork(hybridLayers(hybridWidths), [2 * pairWidth, ...hybridWidths, pairWidth]),
  combine: (parameters, { hybridWidths }, context, pairs) => [
    reluNetwork(parameters, hybridLayers(hybridWidths), [context, ...pairs]),
  ],
};

export const hybrids: Record<HybridKind, Hybrid> = { none, dot, mlp };

/** The hidden layers and the linear one after them. */
function hybridLayers(hybridWidths: readonly number[]): string[] {
  return layerNames('hybrid', hybridWidths.length + 1);
}
