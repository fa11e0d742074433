import { add, div, matMul, maximum, reshape, sum, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { declareNetwork, layerNames, type Parts, reluNetwork } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';

/** Embedded pairs with their standardized labels, in parts, and their mask `[tasks, pairs]`: 1 for a pair, 0 for padding. */
export interface LabeledPairs {
  readonly vectors: Parts;
  readonly mask: Tensor2D;
}

/**
 * What is kept of the pairs of tasks: the sums of the vectors of the encoder and of the task identity network,
 * `[tasks, 1, width]`, and the number of pairs, `[tasks, 1, 1]`. All are zero without pairs.
 */
export interface PairSums {
  readonly encoded: Tensor3D;
  readonly identity: Tensor3D;
  readonly count: Tensor3D;
}

/** The two networks that read labeled pairs: the encoder h and the task identity network m of the paper. */
type PairNetwork = 'encoder' | 'identity';

/** Declares the layers of a network that reads pairs of width `pair` and their labels. */
export function declarePairNetwork(name: PairNetwork, pair: number, widths: readonly number[]): ParameterDeclarations {
  return declareNetwork(layerNames(name, widths.length), [pair + 1, ...widths]);
}

/** Returns the sum of a network's vectors over the unmasked pairs of each task, `[tasks, 1, width]`. */
export function sumOverPairs(
  parameters: Tensors,
  name: PairNetwork,
  layers: number,
  { vectors, mask }: LabeledPairs,
): Tensor3D {
  const encoded = reluNetwork(parameters, layerNames(name, layers), vectors);
  // One product sums over the unmasked pairs: [tasks, 1, pairs] · [tasks, pairs, width].
  return matMul(reshape(mask, [mask.shape[0], 1, mask.shape[1]]), encoded);
}

/** Returns the number of unmasked pairs of each task, `[tasks, 1, 1]`. */
export function countPairs(mask: Tensor2D): Tensor3D {
  return reshape(sum(mask, 1), [mask.shape[0], 1, 1]);
}

/** Returns the sums over both groups of pairs. */
export function addSums(some: PairSums, more: PairSums): PairSums {
  return {
    encoded: add(some.encoded, more.encoded),
    identity: add(some.identity, more.identity),
    count: add(some.count, more.count),
  };
}

/** Returns means of the vectors of each task's pairs, `[tasks, 1, width]`. They are zero without pairs. */
export function meanOf(sums: Tensor3D, count: Tensor3D): Tensor3D {
  return div(sums, maximum(count, 1));
}
