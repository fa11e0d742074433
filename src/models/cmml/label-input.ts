import { reshape, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { declareNetwork, layerNames, reluNetwork } from '../layers/dense.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { CmmlConfig } from './cmml-config.ts';

/**
 * How the label of a support pair enters the context encoder, beside the pair's embedding: through a small network
 * (`labelWidths`), or as it is when that has no layers. A layer with a bias that reads a label of 0 or 1 computes what
 * it would of the label one-hot: `y·w₁ + (1 − y)·w₀ = y·(w₁ − w₀) + w₀`.
 */
export function declareLabelInput({ labelWidths }: CmmlConfig): ParameterDeclarations {
  return declareNetwork(labelLayers(labelWidths.length), [1, ...labelWidths]);
}

export function labelInputWidth({ labelWidths }: CmmlConfig): number {
  return labelWidths.at(-1) ?? 1;
}

/** Standardised labels `[tasks, pairs]` as `[tasks, pairs, labelInputWidth]`. */
export function labelInput(parameters: Tensors, { labelWidths }: CmmlConfig, labels: Tensor2D): Tensor3D {
  const column = reshape(labels, [...labels.shape, 1]) as Tensor3D;
  if (labelWidths.length === 0) return column;
  return reluNetwork(parameters, labelLayers(labelWidths.length), [column]);
}

function labelLayers(count: number): string[] {
  return layerNames('context.label', count);
}
