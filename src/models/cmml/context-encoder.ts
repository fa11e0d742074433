import { relu, reshape, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Dimension, Tensors } from '../../engine/engine.ts';
import { declareNetwork, layerNames, type Parts, reluNetwork } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { CmmlConfig } from './cmml-config.ts';

/** Labeled pairs of several tasks. `labels` and `mask` (1 for a pair, 0 for padding) are `[tasks, pairs]`. */
export interface SupportPairs {
  readonly pairs: Parts;
  readonly labels: Tensor2D;
  readonly mask: Tensor2D;
}

/** The inputs of an encoder: embedded pairs with their embedded labels, `[tasks, pairs, inputs]` in parts. */
export interface EncoderInputs {
  readonly vectors: Parts;
  readonly mask: Tensor2D;
}

/** The input and output widths of an encoder. */
export interface EncoderWidths {
  /** Width of an embedded pair with its embedded label. */
  readonly inputs: number;
  /** Width of an embedded pair, and therefore of a context. */
  readonly pair: number;
}

/** The pairs that an encoder has read so far: `state` is `[tasks, 1, stateWidth]`, `count` is `[tasks, 1, 1]`. */
export interface Folded {
  readonly state: Tensor3D;
  readonly count: Tensor3D;
}

/** Encodes support sets as contexts (CMML eqs. 6 and 7). Later pairs can be folded into an earlier state. */
export interface ContextEncoder {
  /**
   * How many pairs one call of the serving function folds in. A symbol means any number. A size is fixed, for encoders
   * whose graph grows with each pair; masked pairs then fill up a smaller call.
   */
  readonly pairsPerFold: Dimension;
  declare(config: CmmlConfig, widths: EncoderWidths): ParameterDeclarations;
  stateWidth(config: CmmlConfig, pairWidth: number): number;
  /** Returns the state with these pairs added. The state of no pairs is zero. Masked pairs change nothing. */
  fold(parameters: Tensors, config: CmmlConfig, earlier: Folded, support: EncoderInputs): Tensor3D;
  /** Returns contexts `[tasks, 1, pairWidth]`. That of an empty support set is not used, but must be finite. */
  context(parameters: Tensors, config: CmmlConfig, folded: Folded): Tensor3D;
}

/**
 * Declares the hidden layers of a context encoder (`contextWidths`). They run on each pair, or with `gru` on the state.
 */
export function declareContextLayers({ contextWidths }: CmmlConfig, inputs: number): ParameterDeclarations {
  return declareNetwork(layerNames('context', contextWidths.length), [inputs, ...contextWidths]);
}

/** Returns the output of the last hidden layer after its ReLU, `[tasks, pairs, width]`. */
export function contextLayers(parameters: Tensors, { contextWidths }: CmmlConfig, vectors: Parts): Tensor3D {
  return relu(reluNetwork(parameters, layerNames('context', contextWidths.length), vectors));
}

export function lastContextWidth({ contextWidths }: CmmlConfig): number {
  return contextWidths.at(-1) as number;
}

/**
 * Declares the network (`labelWidths`) through which the label of a support pair enters the context encoder, beside the
 * pair's embedding. Without layers, the label enters unchanged. One-hot labels are not needed: a layer with a bias can
 * compute the same from a label of 0 or 1, since `y·w₁ + (1 − y)·w₀ = y·(w₁ − w₀) + w₀`.
 */
export function declareLabelInput({ labelWidths }: CmmlConfig): ParameterDeclarations {
  return declareNetwork(labelLayers(labelWidths.length), [1, ...labelWidths]);
}

export function labelInputWidth({ labelWidths }: CmmlConfig): number {
  return labelWidths.at(-1) ?? 1;
}

/** Returns standardized labels `[tasks, pairs]` as encoder inputs `[tasks, pairs, labelInputWidth]`. */
export function labelInput(parameters: Tensors, { labelWidths }: CmmlConfig, labels: Tensor2D): Tensor3D {
  const column = reshape(labels, [...labels.shape, 1]) as Tensor3D;
  if (labelWidths.length === 0) return column;
  return reluNetwork(parameters, labelLayers(labelWidths.length), [column]);
}

function labelLayers(count: number): string[] {
  return layerNames('context.label', count);
}
