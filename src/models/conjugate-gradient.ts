import { add, div, mul, sub, sum, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core';

/** Steps of conjugate gradient. With the penalties that suit iALS, 12 are exact to the precision of float32. */
const steps = 16;
/** Prevents a division by zero once the solution is exact, and for tasks without positives. */
const tiny = 1e-30;

/**
 * Returns x with `image(x) = target` for each task, `[tasks, 1, width]`, by unrolled conjugate gradients (Hestenes and
 * Stiefel 1952).
 */
export function conjugateGradient(image: (vector: Tensor3D) => Tensor, target: Tensor3D): Tensor3D {
  let [solution, residual, direction]: [Tensor, Tensor, Tensor] = [mul(target, 0), target, target];
  let energy = squared(residual);
  for (let step = 1; ; step++) {
    const moved = image(direction as Tensor3D);
    const length = div(energy, add(sum(mul(direction, moved), 2, true), tiny));
    solution = add(solution, mul(length, direction));
    if (step === steps) return solution as Tensor3D;
    residual = sub(residual, mul(length, moved));
    const left = squared(residual);
    direction = add(residual, mul(div(left, add(energy, tiny)), direction));
    energy = left;
  }
}

/** Returns the squared length of the vector of each task, `[tasks, 1, 1]`. */
function squared(vectors: Tensor): Tensor {
  return sum(mul(vectors, vectors), 2, true);
}
