import { mul, split, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { CmmlConfig, HybridKind } from './cmml-config.ts';
import { type Parts, widthsOf } from './dense.ts';

/** Combines the context of a task, `[tasks, 1, pairWidth]`, with each of its pairs (CMML eq. 8). */
export interface Hybrid {
  declare(config: CmmlConfig, pairWidth: number): ParameterDeclarations;
  /** The hybrid context of every pair, as wide as the pair. */
  combine(parameters: Tensors, context: Tensor3D, pairs: Parts): Parts;
}

/** CMML eq. 8, first line: the element-wise product. */
const dot: Hybrid = {
  declare: () => ({}),
  combine(_parameters, context, pairs) {
    const contexts = split(context, widthsOf(pairs), 2);
    return pairs.map((part, index) => mul(part, contexts[index] as Tensor3D));
  },
};

export const hybrids: Record<HybridKind, Hybrid> = { dot };
