import { add, matMul, relu, reshape, split, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import { type Parts, widthsOf } from './parts.ts';

/** A fully connected layer, from a vector in parts to `[tasks, pairs, outputs]`. */
export function dense(parameters: Tensors, name: string, vector: Parts): Tensor3D {
  const weight = parameters[`${name}.weight`] as Tensor;
  const rows = vector.length === 1 ? [weight] : split(weight, widthsOf(vector), 0);
  // (a ⊕ b)·W = a·W₁ + b·W₂, with the rows of W that belong to each part.
  return vector.reduce<Tensor>(
    (sum, part, index) => add(sum, multiply(part, rows[index] as Tensor)),
    parameters[`${name}.bias`] as Tensor,
  ) as Tensor3D;
}

/** Fully connected layers with ReLU between them; see `layerNames`. */
export function reluNetwork(parameters: Tensors, names: readonly string[], vector: Parts): Tensor3D {
  const [first, ...rest] = names as [string, ...string[]];
  return rest.reduce(
    (hidden, name) => dense(parameters, name, [relu(hidden)]),
    dense(parameters, first, vector),
  );
}

/** How a layer starts: the deviation of its weights, by default that of He et al. (2015), and its biases, 0. */
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

/** Declares the layers of a network from one width to the next, such as 256 → 64 → 64. */
export function declareNetwork(
  names: readonly string[],
  widths: readonly number[],
  start: DenseStart = {},
): ParameterDeclarations {
  return Object.assign(
    {},
    ...names.map((name, layer) =>
      declareDense(name, [widths[layer] as number, widths[layer + 1] as number], start),
    ),
  );
}

/** `backbone.1`, `backbone.2`, … */
export function layerNames(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, layer) => `${name}.${layer + 1}`);
}

function multiply(part: Tensor3D, weight: Tensor): Tensor3D {
  const [tasks, pairs, width] = part.shape;
  const outputs = weight.shape[1] as number;
  return reshape(matMul(reshape(part, [tasks * pairs, width]), weight), [tasks, pairs, outputs]);
}
