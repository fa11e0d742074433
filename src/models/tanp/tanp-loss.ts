import {
  add,
  div,
  maximum,
  mul,
  reshape,
  type Scalar,
  step,
  sub,
  sum,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import type { LossFunction, Tensors } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { embedPairs, episodeLoss, episodePairs } from '../episodes.ts';
import { divergence, type LatentVariable } from './latent-variable.ts';
import { addSums } from './pair-encoder.ts';
import type { TanpConfig } from './tanp-config.ts';
import { identityOf, latentOf, scorePairs, sumPairs } from './tanp-network.ts';
import { clusteringLoss } from './task-embedding.ts';

/**
 * Returns the loss of a batch, averaged over its tasks: the loss of the query sets, with latent variables that are drawn
 * given all pairs, plus `klWeight` times their divergence from those given the support sets, plus `clusterWeight` times
 * the clustering loss.
 *
 * In validation, it is the loss of the query sets with the mean latent variables given the support sets, as in serving.
 * The inputs are those of `episodeInputs`, `noiseInputs` and `embeddingConstants`.
 */
export function tanpLoss(config: TanpConfig, schema: FeatureSchema): LossFunction {
  return (parameters, inputs) => {
    const [support, query] = (['support', 'query'] as const).map((part) => {
      const given = episodePairs(inputs, part);
      return { ...given, pairs: embedPairs(parameters, config, schema, inputs, given) };
    }) as [LabeledEpisode, LabeledEpisode];
    const shown = sumPairs(parameters, config, support);
    const all = addSums(shown, sumPairs(parameters, config, query));
    const [prior, posterior] = [latentOf(parameters, shown), latentOf(parameters, all)];
    const scores = scorePairs(parameters, config, shown, query.pairs, drawn(inputs, prior, posterior));
    const counts = countedTasks(query.mask);
    const clustering = clusteringLoss(parameters, config, identityOf(shown), counts);
    const penalty = add(mul(divergence(posterior, prior), config.klWeight), mul(clustering, config.clusterWeight));
    const reconstruction = episodeLoss(config.objective, scores, query);
    return add(reconstruction, mul(inputs.training as Scalar, meanOverTasks(penalty as Tensor2D, counts)));
  };
}

type LabeledEpisode = ReturnType<typeof episodePairs> & { readonly pairs: ReturnType<typeof embedPairs> };

/** Returns samples of the posterior in training, and the means of the prior in validation, `[tasks, 1, latentWidth]`. */
function drawn({ noise, training }: Tensors, prior: LatentVariable, posterior: LatentVariable): Tensor3D {
  const mean = add(prior.mean, mul(training as Scalar, sub(posterior.mean, prior.mean)));
  return add(mean, mul(reshape(noise as Tensor2D, posterior.deviation.shape), posterior.deviation));
}

/** Returns 1 for each task with query pairs and 0 for padding, `[tasks, 1]`. */
function countedTasks(mask: Tensor2D): Tensor2D {
  return step(sum(mask, 1, true)) as Tensor2D;
}

function meanOverTasks(losses: Tensor2D, counts: Tensor2D): Scalar {
  return div(sum(mul(losses, counts)), maximum(sum(counts), 1));
}
