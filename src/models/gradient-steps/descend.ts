import { grad, type Scalar, scalar, type Tensor, zeros } from '@tensorflow/tfjs-core';
import { adam } from '../adam.ts';
import type { FineTuning } from './fine-tuning.ts';

/**
 * Returns the parameters that Adam reaches from `start`, such as packed parameters, without weight decay and from
 * moments of zero. The gradients of the loss are part of the traced function, so it compiles and exports like any
 * other.
 */
export function descend(
  lossAt: (parameters: Tensor) => Scalar,
  start: Tensor,
  { steps, learningRate }: FineTuning,
): Tensor {
  const optimizer = adam({ weightDecay: 0 });
  const gradientAt = grad(lossAt);
  let parameter = start;
  let moments = Object.fromEntries(optimizer.moments.map((name) => [name, zeros(start.shape)]));
  for (let step = 1; step <= steps; step++) {
    const gradient = gradientAt(parameter);
    const rates = { step: scalar(step), learningRate: scalar(learningRate) };
    const { parameter: next, ...rest } = optimizer.update({ parameter, gradient, moments, ...rates });
    parameter = next as Tensor;
    moments = rest;
  }
  return parameter;
}
