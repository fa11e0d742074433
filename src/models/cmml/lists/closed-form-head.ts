import {
  add,
  div,
  matMul,
  mul,
  reshape,
  split,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  transpose,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { Tensors } from '../../../engine/engine.ts';
import type { ParameterDeclarations } from '../../parameter-declarations.ts';
import type { ListConfig } from './list-config.ts';

/**
 * The closed-form head: implicit alternating least squares with frozen item factors `y` (Rendle et al. 2022, arXiv
 * 2110.14037). A task's factors are the exact minimum for its positives S,
 * `x = (Σ_S yyᵀ + α₀·YᵀY + λ(|S| + α₀·items)·I)⁻¹ Σ_S y`, and its score of an item is `x·y`. It adapts by feed-forward
 * operations alone, and its state is three sums over the positives.
 */
export const headParameters = {
  /** `α₀·YᵀY`, `[factorWidth, factorWidth]`. */
  gram: 'head.gram',
  /** λ and `α₀·items`. */
  penalty: 'head.penalty',
} as const;

/** Declares the frozen parameters beside the item factors. */
export function declareClosedFormHead({ factorWidth }: ListConfig): ParameterDeclarations {
  if (factorWidth === 0) return {};
  return {
    [headParameters.gram]: { shape: [factorWidth, factorWidth], mean: 0, deviation: 0 },
    [headParameters.penalty]: { shape: [2], mean: 0, deviation: 0 },
  };
}

/** The width of the state: the matrix `Σ yyᵀ`, the vector `Σ y` and the number of positives. */
export function headStateWidth({ factorWidth }: ListConfig): number {
  return factorWidth === 0 ? 0 : factorWidth * (factorWidth + 1) + 1;
}

/** Returns the sums over pairs with factors `[pairs, width]` and weights `[pairs, 1]`, side by side: `[1, state]`. */
export function headSums(factors: Tensor2D, positive: Tensor2D): Tensor2D[] {
  const weighted = transpose(mul(factors, positive));
  const gram = matMul(weighted, factors);
  return [reshape(gram, [1, -1]), reshape(sum(weighted, 1), [1, -1]), reshape(sum(positive), [1, 1])] as Tensor2D[];
}

/** Returns the factors of a task, `[1, width]`, from its sums. Without positives they are 0. */
export function taskFactors(parameters: Tensors, { factorWidth }: ListConfig, state: readonly Tensor2D[]): Tensor2D {
  const [gram, moments, count] = state as [Tensor2D, Tensor2D, Tensor2D];
  const [lambda, unobserved] = split(parameters[headParameters.penalty] as Tensor, 2) as [Tensor, Tensor];
  const penalty = mul(lambda, add(reshape(count, [1, 1]), unobserved)) as Tensor2D;
  const matrix = add(reshape(gram, [factorWidth, factorWidth]), parameters[headParameters.gram] as Tensor) as Tensor2D;
  return solve(matrix, penalty, moments);
}

/** Steps of the conjugate gradient method. Enough for a relative error below 1e-3 at 64 unknowns. */
const steps = 24;
/** Prevents a division by zero for tasks without positives. */
const tiny = 1e-12;

/** Returns `(A + λI)⁻¹ b` by conjugate gradients (Hestenes and Stiefel 1952), for a symmetric A and a row vector b. */
function solve(matrix: Tensor2D, lambda: Tensor, target: Tensor2D): Tensor2D {
  let solution: Tensor = zerosLike(target);
  let residual: Tensor = target;
  let direction: Tensor = target;
  let energy = sum(mul(residual, residual));
  for (let step = 0; step < steps; step++) {
    const image = add(matMul(direction as Tensor2D, matrix), mul(lambda, direction));
    const length = div(energy, add(sum(mul(direction, image)), tiny));
    solution = add(solution, mul(length, direction));
    residual = sub(residual, mul(length, image));
    const left = sum(mul(residual, residual));
    direction = add(residual, mul(div(left, add(energy, tiny)), direction));
    energy = left;
  }
  return solution as Tensor2D;
}
