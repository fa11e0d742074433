import { add, concat, div, mul, reshape, split, sub, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { declareFrozenEmbeddings, declareLearnedEmbeddings } from '../embedding/entity-embedding.ts';
import { pairWidth } from '../embedding/pair-embedding.ts';
import { type Parts, pairCount, perPair } from '../layers.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import { declareDecoder, decode } from './decoder.ts';
import { declareLatentVariable, type LatentVariable, latentVariable } from './latent-variable.ts';
import { countPairs, declarePairNetwork, meanOf, type PairSums, sumOverPairs } from './pair-encoder.ts';
import type { TanpConfig } from './tanp-config.ts';
import { clusterAssignment, declarePool, taskEmbedding } from './task-embedding.ts';

/** Declares all parameters of a TaNP model: the trained ones, and the factors if the embedding uses factors. */
export function declareTanp(config: TanpConfig, schema: FeatureSchema): ParameterDeclarations {
  return { ...declareTrainedTanp(config, schema), ...declareFrozenEmbeddings(config, schema) };
}

/** Declares the trained parameters: embeddings, encoder, task identity network, pool and decoder. */
export function declareTrainedTanp(config: TanpConfig, schema: FeatureSchema): ParameterDeclarations {
  const width = pairWidth(config, schema);
  return {
    ...declareLearnedEmbeddings(config, schema),
    ...declarePairNetwork('encoder', width, config.encoderWidths),
    ...declareLatentVariable(config),
    ...declarePairNetwork('identity', width, config.identityWidths),
    ...declarePool(config),
    ...declareDecoder(config, width),
  };
}

/** Returns the width of a task's state: the sums of both networks that read pairs. */
export function stateWidth({ encoderWidths, identityWidths }: TanpConfig): number {
  return (encoderWidths.at(-1) as number) + (identityWidths.at(-1) as number);
}

/** Labeled pairs of several tasks. `labels`, in the units of the data, and `mask` are `[tasks, pairs]`. */
export interface SupportPairs {
  readonly pairs: Parts;
  readonly labels: Tensor2D;
  readonly mask: Tensor2D;
}

/** Returns what is kept of labeled pairs. */
export function sumPairs(parameters: Tensors, config: TanpConfig, { pairs, labels, mask }: SupportPairs): PairSums {
  const standardized = div(sub(labels, config.labels.mean), config.labels.deviation);
  const vectors = [...pairs, reshape(standardized, [...labels.shape, 1]) as Tensor3D];
  const { encoderWidths, identityWidths } = config;
  return {
    encoded: sumOverPairs(parameters, 'encoder', encoderWidths.length, { vectors, mask }),
    identity: sumOverPairs(parameters, 'identity', identityWidths.length, { vectors, mask }),
    count: countPairs(mask),
  };
}

/** Returns the sums as states `[tasks, 1, stateWidth]`. */
export function joinSums({ encoded, identity }: PairSums): Tensor3D {
  return concat([encoded, identity], 2);
}

/** The inverse of `joinSums`. */
export function splitSums({ encoderWidths, identityWidths }: TanpConfig, state: Tensor3D, count: Tensor3D): PairSums {
  const widths = [encoderWidths, identityWidths].map((layers) => layers.at(-1) as number);
  const [encoded, identity] = split(state, widths, 2) as [Tensor3D, Tensor3D];
  return { encoded, identity, count };
}

/** Returns the distribution of the latent variable given the pairs, see `latentVariable`. */
export function latentOf(parameters: Tensors, { encoded, count }: PairSums): LatentVariable {
  return latentVariable(parameters, meanOf(encoded, count));
}

/** Returns the identities of tasks, `[tasks, 1, width]`: the means of their pairs' vectors. */
export function identityOf({ identity, count }: PairSums): Tensor3D {
  return meanOf(identity, count);
}

/**
 * Returns the scores `[tasks, pairs]` of pairs, in the units of the labels, given the support sets of the tasks and the
 * values of their latent variables, `[tasks, 1, latentWidth]`. The default is the mean given the support set.
 */
export function scorePairs(
  parameters: Tensors,
  config: TanpConfig,
  support: PairSums,
  pairs: Parts,
  latent = latentOf(parameters, support).mean,
): Tensor2D {
  const task = taskEmbedding(parameters, config, identityOf(support));
  const standardized = decode(parameters, config, { latent, task }, pairs);
  return add(mul(standardized, config.labels.deviation), config.labels.mean) as Tensor2D;
}

/**
 * Returns what all pairs of a task share, repeated for each pair: `context`, the embedding of the task,
 * `[tasks, pairs, width]`; `latent`, the mean of the latent variable, `[tasks, pairs, latentWidth]`; and `clusters`, how
 * much the task belongs to each cluster, `[tasks, pairs, clusters]`.
 */
export function explainPairs(parameters: Tensors, config: TanpConfig, support: PairSums, pairs: Parts): Tensors {
  const count = pairCount(pairs);
  const identity = identityOf(support);
  const assigned = clusterAssignment(parameters, config, identity);
  return {
    context: perPair(taskEmbedding(parameters, config, identity), count),
    latent: perPair(latentOf(parameters, support).mean, count),
    clusters: perPair(reshape(assigned, [assigned.shape[0], 1, config.clusters]) as Tensor3D, count),
  };
}
