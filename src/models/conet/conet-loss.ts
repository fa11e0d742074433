import { abs, add, mul, type Scalar, sum, type Tensor } from '@tensorflow/tfjs-core';
import type { LossFunction, Tensors } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { embedPairs, episodePairs, type PairSet } from '../episodes.ts';
import { pooledLoss, type ScoredPairs, type TrainedSets } from '../pooled-loss.ts';
import type { ConetConfig } from './conet-config.ts';
import { crossWeights, scorePairs, type Tower } from './conet-network.ts';

/**
 * Returns the loss of the tasks' pairs by the target tower, plus `sourceWeight` times the loss of the source domain's
 * pairs by the source tower, plus the L1 penalty on the cross connections (arXiv 1804.06769). The inputs are those of
 * `episodeInputs` and `embeddingConstants`, and the set `source` of `pairInputs`.
 */
export function conetLoss(config: ConetConfig, schema: FeatureSchema, sets: TrainedSets): LossFunction {
  const { objective, sourceWeight, sparsity } = config;
  return (parameters, inputs) => {
    const scored = (set: PairSet, tower: Tower): ScoredPairs => {
      const pairs = episodePairs(inputs, set);
      const embedded = embedPairs(parameters, config, schema, inputs, pairs);
      return { ...pairs, scores: scorePairs(parameters, config, embedded)[tower] };
    };
    const target = pooledLoss(
      objective,
      sets.map((set) => scored(set, 'target')),
    );
    const source = mul(pooledLoss(objective, [scored('source', 'source')]), sourceWeight);
    const penalty = sparsity > 0 ? mul(sizeOfCross(parameters, config), sparsity) : 0;
    return add(add(target, source), penalty) as Scalar;
  };
}

/** Returns `Σ |H|` over all cross connections. */
function sizeOfCross(parameters: Tensors, config: ConetConfig): Tensor {
  return crossWeights(config)
    .map((name) => sum(abs(parameters[name] as Tensor)))
    .reduce((total, size) => add(total, size));
}
