import { add, div, matMul, mul, sub, type Tensor } from '@tensorflow/tfjs-core';

/** Steps of conjugate gradient. With the penalties that suit iALS, 12 are exact to the precision of float32. */
const steps = 16;
/** Prevents a division by zero once the solution is exact, and for tasks without positives. */
const tiny = 1e-30;

/**
 * Returns x with `image(x) = target`, by unrolled conjugate gradients (Hestenes and Stiefel 1952). Vectors are `[1,
 * width]` for one task, or `[tasks, 1, width]`.
 */
export function conjugateGradient<T extends Tensor>(image: (vector: T) => Tensor, target: T): T {
  let [residual, direction]: [Tensor, Tensor] = [target, target];
  let energy = dot(residual, residual);
  let solution: Tensor | undefined;
  for (let step = 1; ; step++) {
    const moved = image(direction as T);
    const length = div(energy, add(dot(direction, moved), tiny));
    const forward = mul(length, direction);
    solution = solution ? add(solution, forward) : forward;
    if (step === steps) return solution as T;
    residual = sub(residual, mul(length, moved));
    const left = dot(residual, residual);
    direction = add(residual, mul(div(left, add(energy, tiny)), direction));
    energy = left;
  }
}

/** Returns the inner products of the vectors of each task. As products of matrices, they are the fewest operators. */
function dot(a: Tensor, b: Tensor): Tensor {
  return matMul(a, b, false, true);
}
