import type { Tensor2D } from '@tensorflow/tfjs-core';
import {
  add,
  div,
  log,
  mul,
  relu,
  sigmoid,
  square,
  squaredDifference,
  sub,
  sum,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import { declareDense, dense } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import type { TanpConfig } from './tanp-config.ts';

/** Independent normal distributions of the latent variable's elements, each `[tasks, 1, latentWidth]`. */
export interface LatentVariable {
  readonly mean: Tensor3D;
  readonly deviation: Tensor3D;
}

export function declareLatentVariable({ encoderWidths, latentWidth }: TanpConfig): ParameterDeclarations {
  const deviation = Math.sqrt(1 / latentWidth);
  return {
    ...declareDense('latent.hidden', [encoderWidths.at(-1) as number, latentWidth]),
    ...declareDense('latent.mean', [latentWidth, latentWidth], { deviation }),
    ...declareDense('latent.deviation', [latentWidth, latentWidth], { deviation }),
  };
}

/**
 * Returns the distribution of the latent variable given the mean of the encoded pairs, `[tasks, 1, width]`. Deviations
 * are between 0.1 and 1, so that a divergence stays finite.
 */
export function latentVariable(parameters: Tensors, encoded: Tensor3D): LatentVariable {
  const hidden = relu(dense(parameters, 'latent.hidden', [encoded]));
  const raw = dense(parameters, 'latent.deviation', [hidden]);
  return {
    mean: dense(parameters, 'latent.mean', [hidden]),
    deviation: add(0.1, mul(0.9, sigmoid(raw))),
  };
}

/**
 * Returns the Kullback–Leibler divergence of each task, `[tasks, 1]`, from `prior` to `posterior`:
 * `Σ ln(σ′/σ) + (σ² + (μ − μ′)²) / 2σ′² − ½`, where σ′ and μ′ belong to the prior.
 */
export function divergence(posterior: LatentVariable, prior: LatentVariable): Tensor2D {
  const logRatio = log(div(prior.deviation, posterior.deviation));
  const spread = add(square(posterior.deviation), squaredDifference(posterior.mean, prior.mean));
  const ratio = div(spread, mul(2, square(prior.deviation)));
  return sum(sub(add(logRatio, ratio), 0.5), 2);
}
