import { mul, split, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { declareNetwork, layerNames, type Parts, reluNetwork, widthsOf } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { CmmlConfig, HybridKind } from './cmml-config.ts';

/** Combines the context of a task, `[tasks, 1, pairWidth]`, with each of the task's pairs (CMML eq. 8). */
export interface Hybrid {
  declare(config: CmmlConfig, pairWidth: number): ParameterDeclarations;
  /** Returns the hybrid context of each pair. It is as wide as the pair. */
  combine(parameters: Tensors, config: CmmlConfig, context: Tensor3D, pairs: Parts): Parts;
}

/** The context itself. All pairs of a task share it, so the layers that read it run once per task. */
const none: Hybrid = {
  declare: () => ({}),
  combine: (_parameters, _config, context) => [context],
};

/** The element-wise product of context and pair (CMML eq. 8, first line). */
const dot: Hybrid = {
  declare: () => ({}),
  combine(_parameters, _config, context, pairs) {
    const contexts = split(context, widthsOf(pairs), 2);
    return pairs.map((part, index) => mul(part, contexts[index] as Tensor3D));
  },
};

/** A network that reads the context and the pair (CMML eq. 8, second line). */
const mlp: Hybrid = {
  declare: ({ hybridWidths }, pairWidth) =>
    declareNetwork(hybridLayers(hybridWidths), [2 * pairWidth, ...hybridWidths, pairWidth]),
  combine: (parameters, { hybridWidths }, context, pairs) => [
    reluNetwork(parameters, hybridLayers(hybridWidths), [context, ...pairs]),
  ],
};

export const hybrids: Record<HybridKind, Hybrid> = { none, dot, mlp };

/** Returns the names of the hidden layers and of the linear layer after them. */
function hybridLayers(hybridWidths: readonly number[]): string[] {
  return layerNames('hybrid', hybridWidths.length + 1);
}
