import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import type { Parts } from '../layers/parts.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { CmmlConfig } from './cmml-config.ts';

/**
 * A backbone network with what changes it for a task (CMML section 3.4). The hybrid contexts may be shared by the
 * pairs of a task, `[tasks, 1, width]`; what depends on them alone is then computed once a task.
 */
export interface Modulation {
  declare(config: CmmlConfig, pairWidth: number): ParameterDeclarations;
  /** Standardised scores `[tasks, pairs]` of pairs, given their hybrid contexts. */
  score(parameters: Tensors, config: CmmlConfig, hybrid: Parts, pairs: Parts): Tensor2D;
  /** What the modulation does to the network for each pair, by name, `[tasks, pairs, …]`, to be read by people. */
  explain(parameters: Tensors, config: CmmlConfig, hybrid: Parts, pairs: Parts): Tensors;
}
