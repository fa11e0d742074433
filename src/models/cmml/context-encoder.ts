import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { Dimension, Tensors } from '../../engine/engine.ts';
import type { Parts } from '../layers/parts.ts';
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
