import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { CmmlConfig } from './cmml-config.ts';
import type { Parts } from './dense.ts';

/** Labelled pairs of several tasks: `labels` and `mask` (1 for a pair, 0 for padding) are `[tasks, pairs]`. */
export interface SupportPairs {
  readonly pairs: Parts;
  readonly labels: Tensor2D;
  readonly mask: Tensor2D;
}

/** What an encoder keeps of the pairs so far: `state` `[tasks, 1, stateWidth]`, `count` `[tasks, 1, 1]`. */
export interface Folded {
  readonly state: Tensor3D;
  readonly count: Tensor3D;
}

/** From support sets to contexts (CMML eqs. 6 and 7), in a way that later pairs can be folded in. */
export interface ContextEncoder {
  declare(config: CmmlConfig, pairWidth: number): ParameterDeclarations;
  stateWidth(config: CmmlConfig, pairWidth: number): number;
  /** The state with these pairs added; a state of no pairs is zero, and masked pairs change nothing. */
  fold(parameters: Tensors, earlier: Folded, support: SupportPairs): Tensor3D;
  /** Contexts `[tasks, 1, pairWidth]`; that of an empty support set is zero. */
  context(parameters: Tensors, folded: Folded): Tensor3D;
}
