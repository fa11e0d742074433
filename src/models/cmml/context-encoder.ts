import { relu, reshape, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Dimension, Tensors } from '../../engine/engine.ts';
import { declareNetwork, layerNames, type Parts, reluNetwork } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { CmmlConfig } from './cmml-config.ts';

/** Labelled pairs of several tasks: `labels` and `mask` (1 for a pair, 0 for padding) are `[tasks, pairs]`. */
export interface SupportPairs {
  readonly pairs: Parts;
  readonly labels: Tensor2D;
  readonly mask: Tensor2D;
}

/** The same as an encoder reads them: embedded pairs with their embedded labels, `[tasks, pairs, inputs]` in parts. */
export interface EncoderInputs {
  readonly vectors: Parts;
  readonly mask: Tensor2D;
}

/** The widths that an encoder is between. */
export interface EncoderWidths {
  /** Of an embedded pair with its embedded label. */
  readonly inputs: number;
  /** Of an embedded pair, and so of a context. */
  readonly pair: number;
}

/** What an encoder keeps of the pairs so far: `state` `[tasks, 1, stateWidth]`, `count` `[tasks, 1, 1]`. */
export interface Folded {
  readonly state: Tensor3D;
  readonly count: Tensor3D;
}

/** From support sets to contexts (CMML eqs. 6 and 7), in a way that later pairs can be folded in. */
export interface ContextEncoder {
  /**
   * How many pairs one call of the serving function folds in: any number, that is a symbol, or where the
   * computation grows with each pair a size, which masked pairs fill up.
   */
  readonly pairsPerFold: Dimension;
  declare(config: CmmlConfig, widths: EncoderWidths): ParameterDeclarations;
  stateWidth(config: CmmlConfig, pairWidth: number): number;
  /** The state with these pairs added; a state of no pairs is zero, and masked pairs change nothing. */
  fold(parameters: Tensors, config: CmmlConfig, earlier: Folded, support: EncoderInputs): Tensor3D;
  /** Contexts `[tasks, 1, pairWidth]`; that of an empty support set does not count, but has to be finite. */
  context(parameters: Tensors, config: CmmlConfig, folded: Folded): Tensor3D;
}

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
