import { add, clipByValue, div, mul, pow, sqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { Optimizer } from '../engine/engine.ts';

export interface AdamOptions {
  /** Decays of the first and of the second moment, per step. Default: 0.9 and 0.999. */
  readonly decays?: readonly [number, number];
  /** Default: 1e-8. */
  readonly epsilon?: number;
  /**
   * Weight of the L2 penalty: `weightDecay · parameter` is added to the gradient, as in PyTorch's Adam. Default: 1e-5.
   */
  readonly weightDecay?: number;
  /** Every element of a gradient is clipped to ± this value. Default: 10. */
  readonly clip?: number;
}

/** Returns Adam (arXiv 1412.6980, algorithm 1). It clips the gradients first and then adds the L2 weight decay. */
export function adam(options: AdamOptions = {}): Optimizer {
  const { decays = [0.9, 0.999], epsilon = 1e-8, weightDecay = 1e-5, clip = 10 } = options;
  const [firstDecay, secondDecay] = decays;
  return {
    moments: ['first', 'second'],
    update({ parameter, gradient, moments, step, learningRate }) {
      const decayed = add(clipByValue(gradient, -clip, clip), mul(parameter, weightDecay));
      const first = average(moments.first as Tensor, decayed, firstDecay);
      const second = average(moments.second as Tensor, square(decayed), secondDecay);
      // m̂ / (√v̂ + ε) with the bias corrections moved out of the large tensors (section 2 of the article):
      // m / (1 − β₁ᵗ) / (√v / √(1 − β₂ᵗ) + ε) = m · √(1 − β₂ᵗ) / (1 − β₁ᵗ) / (√v + ε · √(1 − β₂ᵗ)).
      const scale = sqrt(sub(1, pow(secondDecay, step)));
      const rate = div(mul(learningRate, scale), sub(1, pow(firstDecay, step)));
      const denominator = add(sqrt(second), mul(scale, epsilon));
      return { parameter: sub(parameter, div(mul(first, rate), denominator)), first, second };
    },
  };
}

/** Returns the running average `decay · earlier + (1 − decay) · latest`. */
function average(earlier: Tensor, latest: Tensor, decay: number): Tensor {
  return add(mul(earlier, decay), mul(latest, 1 - decay));
}
