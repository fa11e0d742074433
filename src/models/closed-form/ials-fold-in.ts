import {
  add,
  expandDims,
  matMul,
  mul,
  pow,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { conjugateGradient } from '../conjugate-gradient.ts';

/** What the equations of all tasks share: the training's results and options, see `trainIals`. */
export interface FoldInEquations {
  /** α₀YᵀY, `[width, width]`. */
  readonly gram: Tensor2D;
  /** α₀m, a scalar or `[1]`. */
  readonly unobserved: Tensor;
  /** λ */
  readonly regularization: number;
  /** ν */
  readonly regularizationExponent: number;
}

/** The support pairs of a batch of tasks. Each item of a task must occur once. */
export interface FoldInSupport {
  /** The factors of the items, `[tasks, pairs, width]`. */
  readonly factors: Tensor3D;
  /** `[tasks, pairs]`: 1 for a positive, 0 for a pair that does not count. */
  readonly mask: Tensor2D;
}

/**
 * Returns the factors of each task, `[tasks, 1, width]`: the x that minimizes the objective of iALS (arXiv 2110.14037,
 * eqs. 1 to 3) while the factors y of the items are fixed. It solves `(α₀YᵀY + Σ yyᵀ + λ(n + α₀m)^ν I) x = Σ y`, where
 * the sums are over the n positives of the task. A score is `x·y`. Without positives, x is 0.
 */
export function foldIn(
  { gram, unobserved, regularization, regularizationExponent }: FoldInEquations,
  { factors, mask }: FoldInSupport,
): Tensor3D {
  const weights = expandDims(mask, 2) as Tensor3D;
  const counts = sum(weights, 1, true);
  const penalty = mul(pow(add(counts, unobserved), regularizationExponent), regularization);
  const target = sum(mul(factors, weights), 1, true) as Tensor3D;
  const image = (vector: Tensor3D): Tensor => {
    const scores = mul(matMul(factors, vector, false, true), weights) as Tensor3D;
    return add(add(matMul(vector, gram as Tensor), matMul(scores, factors, true, false)), mul(penalty, vector));
  };
  return conjugateGradient(image, target);
}
