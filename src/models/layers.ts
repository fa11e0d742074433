import {
  add,
  broadcastTo,
  concat,
  customGrad,
  matMul,
  relu,
  reshape,
  split,
  type Tensor,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import type { Tensors } from '../engine/engine.ts';
import type { ParameterDeclarations } from './parameter-declarations.ts';

/**
 * A vector for each pair of each task, as the parts of a concatenation. A part is `[tasks, pairs, width]`, or `[tasks,
 * 1, width]` if all pairs of a task share it. Because the parts are separate, layers process a shared part once per
 * task.
 */
export type Parts = readonly Tensor3D[];

export function widthsOf(vector: Parts): number[] {
  return vector.map((part) => part.shape[2]);
}

/** Returns the number of pairs of a task. It is 1 if the pairs share every part. */
export function pairCount(vector: Parts): number {
  return Math.max(...vector.map(({ shape }) => shape[1]));
}

/** Repeats a tensor `[tasks, 1, …]`, which the pairs of a task share, for each pair: `[tasks, pairs, …]`. */
export function perPair<T extends Tensor>(shared: T, pairs: number): T {
  const [tasks, , ...rest] = shared.shape;
  return broadcastTo(shared, [tasks as number, pairs, ...rest] as never) as T;
}

/** Returns the concatenated parts, `[tasks, pairs, width]`. */
export function joined(vector: Parts): Tensor3D {
  const pairs = pairCount(vector);
  return concat(
    vector.map((part) => perPair(part, pairs)),
    2,
  );
}

/** Applies a fully connected layer to a vector in parts. Returns `[tasks, pairs, outputs]`. */
export function dense(parameters: Tensors, name: string, vector: Parts): Tensor3D {
  const weight = parameters[`${name}.weight`] as Tensor;
  const rows = vector.length === 1 ? [weight] : split(weight, widthsOf(vector), 0);
  // (a ⊕ b)·W = a·W₁ + b·W₂, where W₁ and W₂ are the rows of W that belong to each part.
  return vector.reduce<Tensor>(
    (sum, part, index) => add(sum, product(part, rows[index] as Tensor)),
    parameters[`${name}.bias`] as Tensor,
  ) as Tensor3D;
}

/** Returns the products of vectors `[tasks, pairs, inputs]` and weights `[inputs, outputs]`, `[tasks, pairs, outputs]`. */
export function product(vectors: Tensor3D, weight: Tensor): Tensor3D {
  const [tasks, pairs, width] = vectors.shape;
  const outputs = weight.shape[1] as number;
  return reshape(matMul(reshape(vectors, [tasks * pairs, width]), weight), [tasks, pairs, outputs]);
}

/** Applies fully connected layers with ReLU between them. `names` are from `layerNames`. */
export function reluNetwork(parameters: Tensors, names: readonly string[], vector: Parts): Tensor3D {
  const [first, ...rest] = names as [string, ...string[]];
  return rest.reduce((hidden, name) => dense(parameters, name, [relu(hidden)]), dense(parameters, first, vector));
}

/**
 * The initial values of a layer: the deviation of its weights (default: He et al. 2015) and its biases (default: 0).
 */
export interface DenseStart {
  readonly deviation?: number;
  readonly bias?: number;
}

export function declareDense(
  name: string,
  [inputs, outputs]: readonly [inputs: number, outputs: number],
  { deviation = Math.sqrt(2 / inputs), bias = 0 }: DenseStart = {},
): ParameterDeclarations {
  return {
    [`${name}.weight`]: { shape: [inputs, outputs], mean: 0, deviation },
    [`${name}.bias`]: { shape: [outputs], mean: bias, deviation: 0 },
  };
}

/** Declares the layers of a network from one width to the next, for example 256 → 64 → 64. */
export function declareNetwork(
  names: readonly string[],
  widths: readonly number[],
  start: DenseStart = {},
): ParameterDeclarations {
  return Object.assign(
    {},
    ...names.map((name, layer) => declareDense(name, [widths[layer] as number, widths[layer + 1] as number], start)),
  );
}

/** Returns layer names such as `backbone.1`, `backbone.2`, … */
export function layerNames(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, layer) => `${name}.${layer + 1}`);
}

/**
 * Returns the result of `compute` as a constant for gradients. `compute` closes over its inputs and takes no arguments,
 * so the gradient tape cannot trace through it and computes no gradient.
 */
export function withoutGradient<T extends Tensor>(compute: () => T): T {
  return customGrad(() => ({ value: compute(), gradFunc: () => [] }))() as T;
}
