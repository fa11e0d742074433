import {
  add,
  concat,
  div,
  exp,
  matMul,
  mul,
  ones,
  reshape,
  slice,
  split,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  transpose,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { HostTensors, Tensors } from '../../engine/engine.ts';
import { floatTensor } from '../../engine/host-tensor.ts';
import { declareDense, dense } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';

/**
 * Declares the ridge head: a linear model of each task, solved in closed form from the support set. The CMML paper does
 * not have it; its score is added to that of the modulation.
 *
 * The weights are `u = u₀ + (Σ φφᵀ + λI)⁻¹ (Σ φ·label − Σ φφᵀ·u₀)`, and the score is `φ(item)·u`. φ is a constant
 * beside a learned linear map of the item's embedding. λ and `u₀` are learned, too. This is ridge regression as a
 * differentiable layer (Bertinetto et al. 2019, arXiv 1805.08136), shrunk towards a mean `u₀` that all tasks share: a
 * few pairs only determine how a task differs from that mean. The head adapts by feed-forward operations alone. Its
 * state is the two sums, and pairs are folded into it.
 */
export function declareRidgeHead(width: number, itemWidth: number): ParameterDeclarations {
  if (width === 0) return {};
  return {
    ...declareDense('ridge.key', [itemWidth, width]),
    // The logarithms of the constant and of λ. Both start at 1.
    'ridge.scales': { shape: [2], mean: 0, deviation: 0 },
    // u₀.
    'ridge.prior': { shape: [width + 1, 1], mean: 0, deviation: 0 },
  };
}

/** Returns `u₀` = 0 for artifacts that were trained before the ridge head had a `u₀`. */
export function absentPrior(width: number): HostTensors {
  if (width === 0) return {};
  return { 'ridge.prior': floatTensor([width + 1, 1], new Float32Array(width + 1)) };
}

/** Returns the width of the state: the matrix and the vector of the two sums, side by side. */
export function ridgeStateWidth(width: number): number {
  return width === 0 ? 0 : (width + 1) * (width + 2);
}

/** Adds support pairs to a state `[tasks, 1, ridgeStateWidth]`. Pairs with mask 0 change nothing. */
export function foldRidge(
  parameters: Tensors,
  earlier: Tensor3D,
  { items, labels, mask }: { items: Tensor3D; labels: Tensor2D; mask: Tensor2D },
): Tensor3D {
  const features = featuresOf(parameters, items);
  const column = (vector: Tensor2D): Tensor3D => reshape(vector, [...vector.shape, 1]);
  const counted = transpose(mul(features, column(mask)), [0, 2, 1]);
  const sums = matMul(counted, concat([features, column(labels)], 2));
  return add(earlier, reshape(sums, earlier.shape)) as Tensor3D;
}

/**
 * Returns what the head adds to the standardized scores, `[tasks, pairs]`. For tasks without support pairs this is
 * `φ(item)·u₀`.
 */
export function ridgeScores(parameters: Tensors, state: Tensor3D, items: Tensor3D): Tensor2D {
  const features = featuresOf(parameters, items);
  const [tasks, pairs, width] = features.shape;
  const [gram, moments] = split(reshape(state, [tasks, width, width + 1]), [width, 1], 2) as [Tensor3D, Tensor3D];
  const prior = add(zerosLike(moments), parameters['ridge.prior'] as Tensor) as Tensor3D;
  const unexplained = sub(moments, matMul(gram, prior)) as Tensor3D;
  const weights = add(prior, solve(gram, scaleOf(parameters, 1), unexplained)) as Tensor3D;
  return reshape(matMul(features, weights), [tasks, pairs]);
}

/** Steps of the conjugate gradient method. It is exact for up to this many unknowns, and close enough for more. */
const steps = 6;
/** Prevents a division by zero for tasks without support pairs. */
const tiny = 1e-8;

/** Returns `(A + λI)⁻¹ b` for each task, by unrolled conjugate gradients (Hestenes and Stiefel 1952). */
function solve(matrix: Tensor3D, lambda: Tensor, target: Tensor3D): Tensor3D {
  let solution: Tensor = zerosLike(target);
  let residual: Tensor = target;
  let direction: Tensor = target;
  let energy = product(residual, residual);
  for (let step = 1; ; step++) {
    const image = add(matMul(matrix, direction as Tensor3D), mul(lambda, direction));
    const length = div(energy, add(product(direction, image), tiny));
    solution = add(solution, mul(length, direction));
    if (step === steps) return solution as Tensor3D;
    residual = sub(residual, mul(length, image));
    const left = product(residual, residual);
    direction = add(residual, mul(div(left, add(energy, tiny)), direction));
    energy = left;
  }
}

/** Returns the dot product of the two vectors of each task, `[tasks, 1, 1]`. */
function product(a: Tensor, b: Tensor): Tensor {
  return sum(mul(a, b), 1, true);
}

/** Returns φ, `[tasks, pairs, width + 1]`. */
function featuresOf(parameters: Tensors, items: Tensor3D): Tensor3D {
  const key = dense(parameters, 'ridge.key', [items]);
  const [tasks, pairs, width] = key.shape;
  const constant = mul(ones([tasks, pairs, 1]), scaleOf(parameters, 0));
  return concat([constant, mul(key, 1 / Math.sqrt(width))], 2) as Tensor3D;
}

function scaleOf(parameters: Tensors, index: number): Tensor {
  return exp(slice(parameters['ridge.scales'] as Tensor, [index], [1]));
}
