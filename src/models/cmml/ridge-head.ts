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
 * Beside the paper's modulation, a linear model of each task, solved in closed form from its support set:
 * `u = u₀ + (Σ φφᵀ + λI)⁻¹ (Σ φ·label − Σ φφᵀ·u₀)`, scored as `φ(item)·u`, where φ is a constant beside a learned linear map of the
 * item's embedding, and λ and `u₀` are learned, too. This is ridge regression as a differentiable layer (Bertinetto et al. 2019, arXiv
 * 1805.08136) towards a mean that all tasks share: what a few pairs say is how they differ from what anybody says of these items. It adapts by
 * feed-forward operations alone, and its two sums are a state that pairs are folded into.
 */
export function declareRidgeHead(width: number, itemWidth: number): ParameterDeclarations {
  if (width === 0) return {};
  return {
    ...declareDense('ridge.key', [itemWidth, width]),
    // The logarithms of the constant and of λ, which both start at 1.
    'ridge.scales': { shape: [2], mean: 0, deviation: 0 },
    // u₀.
    'ridge.prior': { shape: [width + 1, 1], mean: 0, deviation: 0 },
  };
}

/** What a model that was trained before there was a `u₀` had in its place: 0. */
export function absentPrior(width: number): HostTensors {
  if (width === 0) return {};
  return { 'ridge.prior': floatTensor([width + 1, 1], new Float32Array(width + 1)) };
}

/** Of the matrix and the vector of the two sums, side by side. */
export function ridgeStateWidth(width: number): number {
  return width === 0 ? 0 : (width + 1) * (width + 2);
}

/** Adds support pairs to a state `[tasks, 1, ridgeStateWidth]`; those with mask 0 change nothing. */
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

/** What the head adds to the standardised scores, `[tasks, pairs]`; in tasks without support pairs `φ(item)·u₀`. */
export function ridgeScores(parameters: Tensors, state: Tensor3D, items: Tensor3D): Tensor2D {
  const features = featuresOf(parameters, items);
  const [tasks, pairs, width] = features.shape;
  const [gram, moments] = split(reshape(state, [tasks, width, width + 1]), [width, 1], 2) as [
    Tensor3D,
    Tensor3D,
  ];
  const prior = add(zerosLike(moments), parameters['ridge.prior'] as Tensor) as Tensor3D;
  const unexplained = sub(moments, matMul(gram, prior)) as Tensor3D;
  const weights = add(prior, solve(gram, scaleOf(parameters, 1), unexplained)) as Tensor3D;
  return reshape(matMul(features, weights), [tasks, pairs]);
}

/** Steps of the conjugate gradient method: exact for as many unknowns or fewer, and near enough for more. */
const steps = 6;
/** Keeps a task without support pairs, where all is zero, from dividing by it. */
const tiny = 1e-8;

/** `(A + λI)⁻¹ b` of each task by conjugate gradients (Hestenes and Stiefel 1952), unrolled. */
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

/** Of the vectors of each task, `[tasks, 1, 1]`. */
function product(a: Tensor, b: Tensor): Tensor {
  return sum(mul(a, b), 1, true);
}

/** φ, `[tasks, pairs, width + 1]`. */
function featuresOf(parameters: Tensors, items: Tensor3D): Tensor3D {
  const key = dense(parameters, 'ridge.key', [items]);
  const [tasks, pairs, width] = key.shape;
  const constant = mul(ones([tasks, pairs, 1]), scaleOf(parameters, 0));
  return concat([constant, mul(key, 1 / Math.sqrt(width))], 2) as Tensor3D;
}

function scaleOf(parameters: Tensors, index: number): Tensor {
  return exp(slice(parameters['ridge.scales'] as Tensor, [index], [1]));
}
