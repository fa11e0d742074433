import { add, div, exp, log, maximum, mul, neg, relu, sub, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Tensors } from '../../../engine/engine.ts';
import type { FeatureSchema } from '../../../features/feature-schema.ts';
import type { FeatureTensors } from '../../embedding/feature-embedding.ts';
import type { ParameterDeclarations } from '../../parameter-declarations.ts';
import { profileSize, weightedRows } from './item-vectors.ts';
import type { ListConfig } from './list-config.ts';

/** Sums over the support pairs of each task. */
export interface SupportSums {
  /** Of the encoded pairs, `[tasks, vectorWidth]`. */
  readonly vector: Tensor2D;
  /** Of the items' popularity, `[tasks, 1]`. */
  readonly popularity: Tensor2D;
  /** The number of pairs, `[tasks, 1]`. */
  readonly count: Tensor2D;
}

/** The names of the parameters by role. */
export const userParameters = {
  features: 'user.features',
  start: 'task.start',
  evidence: 'task.evidence',
  popularity: 'task.popularity',
} as const;

/** Where the exponents by which sums are divided start, between a mean (1) and a sum of independent pairs (½). */
const startingEvidence = 0.58;

/**
 * Declares the vectors of user features, the vector that all tasks share, how evidence adds up, and the weight of
 * popularity.
 */
export function declareTaskVector({ vectorWidth }: ListConfig, schema: FeatureSchema): ParameterDeclarations {
  const { rows } = profileSize(schema);
  return {
    ...(rows > 0 && { [userParameters.features]: { shape: [rows, vectorWidth], mean: 0, deviation: 0.03 } }),
    [userParameters.start]: { shape: [vectorWidth], mean: 0, deviation: 0 },
    [userParameters.evidence]: { shape: [vectorWidth], mean: startingEvidence, deviation: 0 },
    [userParameters.popularity]: { shape: [1], mean: 0, deviation: 0 },
  };
}

/** Returns the vectors of users' features, `[rows, vectorWidth]`, from features without IDs. The table must exist. */
export function profileVectors(parameters: Tensors, { indices, weights }: FeatureTensors): Tensor2D {
  return weightedRows(parameters[userParameters.features] as Tensor, indices, weights);
}

/**
 * Returns the context of each task, `[tasks, vectorWidth]`: `Σ pairs / n^e + profile · w / (n + w) + start`. The pairs
 * of a task are neither copies of each other, for which e = 1 would be right, nor independent. Each dimension learns
 * its own e, because ten interactions with one category say hardly more than five, and ten with one maker do. The
 * profile, `[tasks, vectorWidth]`, counts like `profileWeight` interactions.
 */
export function taskVectors(
  parameters: Tensors,
  { profileWeight }: ListConfig,
  { vector, count }: SupportSums,
  profile: Tensor2D,
): Tensor2D {
  const evidence = parameters[userParameters.evidence] as Tensor;
  const pooled = mul(vector, exp(neg(mul(log(maximum(count, 1)), evidence))));
  const prior = mul(profile, div(profileWeight, add(count, profileWeight)));
  return add(add(pooled, prior), parameters[userParameters.start] as Tensor) as Tensor2D;
}

/** The number of imagined interactions of mean popularity that are added to a task's own. */
const meanInteractions = 2;

/**
 * Returns how much a task's scores grow with an item's popularity, `[tasks, 1]`: the learned weight times the mean
 * popularity of the task's own items.
 */
export function popularityWeights(parameters: Tensors, sums: SupportSums): Tensor2D {
  return mul(meanPopularity(sums), parameters[userParameters.popularity] as Tensor) as Tensor2D;
}

function meanPopularity({ popularity, count }: SupportSums): Tensor2D {
  return div(popularity, add(count, meanInteractions));
}

/** Histories whose items are on average this far below the mean popularity are of rare items. In deviations. */
const rareBelow = 0.3;

/**
 * Returns how far lists of rare histories lean away from popular items, `[tasks, 1]`. Hardly any user of the training
 * data has only rare items, so training cannot learn what such a user wants.
 */
export function rarityOf({ rarity }: ListConfig, sums: SupportSums): Tensor2D {
  return mul(relu(sub(-rareBelow, meanPopularity(sums))), rarity) as Tensor2D;
}

/** The length of history at which lists lean away from popular items the most. */
const noveltyPeak = 5;

/**
 * Returns how far lists lean away from popular items, `[tasks, 1]`, in units of the logarithm of an item's count. After
 * a few interactions, popularity still outweighs the little that is known of a taste, and everybody gets the same
 * items. `2·n²·p² / (n⁴ + p⁴)` is 1 at n = p = 5 interactions and near 0 for none and for many.
 */
export function noveltyOf({ novelty }: ListConfig, count: Tensor2D): Tensor2D {
  const squared = mul(count, count);
  const peak = noveltyPeak ** 2;
  return mul(div(mul(squared, 2 * peak), add(mul(squared, squared), peak ** 2)), novelty) as Tensor2D;
}
