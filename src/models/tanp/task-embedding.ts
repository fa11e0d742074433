import {
  add,
  div,
  log,
  logSoftmax,
  matMul,
  maximum,
  mul,
  reshape,
  softmax,
  square,
  squaredDifference,
  sub,
  sum,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { withoutGradient } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { TanpConfig } from './tanp-config.ts';

/** The global pool: one vector for each cluster of tasks, `[clusters, width]`. */
const pool = 'pool';

export function declarePool({ clusters, identityWidths }: TanpConfig): ParameterDeclarations {
  const width = identityWidths.at(-1) as number;
  // As in the authors' code, the variance is 2 / (rows + columns) (Glorot and Bengio 2010).
  return { [pool]: { shape: [clusters, width], mean: 0, deviation: Math.sqrt(2 / (clusters + width)) } };
}

/** Returns the final embeddings of tasks, `o + Σⱼ cⱼ·aⱼ`, `[tasks, 1, width]`, from their identities o. */
export function taskEmbedding(parameters: Tensors, config: TanpConfig, identity: Tensor3D): Tensor3D {
  const [tasks, , width] = identity.shape;
  const fromPool = matMul(clusterAssignment(parameters, config, identity), parameters[pool] as Tensor2D);
  return add(identity, reshape(fromPool, [tasks, 1, width]));
}

/** Returns how much each task belongs to each cluster, c, `[tasks, clusters]`. Each row sums to 1. */
export function clusterAssignment(parameters: Tensors, config: TanpConfig, identity: Tensor3D): Tensor2D {
  return softmax(logKernel(parameters, config, identity));
}

/**
 * Returns the clustering loss of each task, `[tasks, 1]`: the Kullback–Leibler divergence from its assignment c to the
 * target `dⱼ ∝ cⱼ² / Σ cⱼ`, where the sum is over the tasks of the batch. The target is more certain than the
 * assignment, and constant for gradients (Xie et al., arXiv 1511.06335). `tasks`, `[tasks, 1]`, is 0 for padding.
 */
export function clusteringLoss(parameters: Tensors, config: TanpConfig, identity: Tensor3D, tasks: Tensor2D): Tensor2D {
  const logAssigned = logSoftmax(logKernel(parameters, config, identity)) as Tensor2D;
  const target = withoutGradient(() => targetOf(clusterAssignment(parameters, config, identity), tasks));
  return sum(mul(target, sub(log(maximum(target, smallest)), logAssigned)), 1, true);
}

/** Keeps a logarithm and a quotient finite. */
const smallest = 1e-30;

function targetOf(assigned: Tensor2D, tasks: Tensor2D): Tensor2D {
  const sizes = maximum(sum(mul(assigned, tasks), 0, true), smallest);
  const weights = div(square(assigned), sizes);
  return div(weights, maximum(sum(weights, 1, true), smallest));
}

/**
 * Returns the logarithm of the Student t kernel between each task and each cluster, `[tasks, clusters]`:
 * `−(α + 1)/2 · ln(1 + ‖o − aⱼ‖² / α)`. Its softmax is the assignment.
 */
function logKernel(parameters: Tensors, { freedom, clusters }: TanpConfig, identity: Tensor3D): Tensor2D {
  const width = identity.shape[2];
  const distances = sum(squaredDifference(identity, reshape(parameters[pool] as Tensor2D, [1, clusters, width])), 2);
  return mul(-(freedom + 1) / 2, log(add(1, div(distances, freedom))));
}
