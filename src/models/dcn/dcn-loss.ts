import type { LossFunction } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { embedPairs, episodePairs } from '../episodes.ts';
import { pooledLoss, type TrainedSets } from '../pooled-loss.ts';
import type { DcnConfig } from './dcn-config.ts';
import { scorePairs } from './dcn-network.ts';

/** Returns the `pooledLoss` of an episode's pairs. The inputs are those of `episodeInputs` and `embeddingConstants`. */
export function dcnLoss(config: DcnConfig, schema: FeatureSchema, sets: TrainedSets): LossFunction {
  return (parameters, inputs) => {
    const scored = sets.map((set) => {
      const pairs = episodePairs(inputs, set);
      return {
        ...pairs,
        scores: scorePairs(parameters, config, embedPairs(parameters, config, schema, inputs, pairs)),
      };
    });
    return pooledLoss(config.objective, scored);
  };
}
