import { type Tensor3D, zeros } from '@tensorflow/tfjs-core';
import type { LossFunction } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { embedPairs, episodeLoss, episodePairs } from '../episodes.ts';
import type { CmmlConfig } from './cmml-config.ts';
import { foldSupport, scorePairs, stateWidth } from './cmml-network.ts';
import type { Folded } from './context-encoder.ts';

/**
 * Returns the loss of the query sets given their support sets, averaged over the tasks of a batch (CMML eqs. 2 and 3).
 * The inputs are those of `episodeInputs` and `embeddingConstants`.
 */
export function cmmlLoss(config: CmmlConfig, schema: FeatureSchema): LossFunction {
  return (parameters, inputs) => {
    const support = episodePairs(inputs, 'support');
    const query = episodePairs(inputs, 'query');
    const pairs = embedPairs(parameters, config, schema, inputs, support);
    const nothing = nothingFolded(support.mask.shape[0], stateWidth(config, schema));
    const folded = foldSupport(parameters, config, nothing, { ...support, pairs });
    const scores = scorePairs(parameters, config, folded, embedPairs(parameters, config, schema, inputs, query));
    return episodeLoss(config.objective, scores, query);
  };
}

function nothingFolded(tasks: number, width: number): Folded {
  return { state: zeros([tasks, 1, width]) as Tensor3D, count: zeros([tasks, 1, 1]) as Tensor3D };
}
