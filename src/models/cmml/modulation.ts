import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { CmmlConfig } from './cmml-config.ts';
import type { Parts } from './dense.ts';

/** A backbone network with what changes it for a task (CMML section 3.4). */
export interface Modulation {
  declare(config: CmmlConfig, pairWidth: number): ParameterDeclarations;
  /** Standardised scores `[tasks, pairs]` of pairs, given their hybrid contexts. */
  score(parameters: Tensors, config: CmmlConfig, hybrid: Parts, pairs: Parts): Tensor2D;
  /** The route that each pair takes, see `routeMatrices`; only where the modulation chooses between modules. */
  readonly routes?: (parameters: Tensors, config: CmmlConfig, hybrid: Parts) => Tensor4D[];
}
