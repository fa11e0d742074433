import type { LossFunction } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { embedPairs, episodeLoss, episodePairs } from '../episodes.ts';
import type { CmmlConfig } from './cmml-config.ts';
import { scorePairs } from './cmml-network.ts';
import { foldSupport, nothingFolded, taskContext } from './task-context.ts';

/**
 * Returns the loss of the query sets given their support sets, averaged over the tasks of a batch (CMML eqs. 2 and 3).
 * The inputs are those of `episodeInputs` and `embeddingConstants`.
 */
export function cmmlLoss(config: CmmlConfig, schema: FeatureSchema): LossFunction {
  return (parameters, inputs) => {
    const support = episodePairs(inputs, 'support');
    const query = episodePairs(inputs, 'query');
    const pairs = embedPairs(parameters, config, schema, inputs, support);
    const nothing = nothingFolded(config, schema, support.mask.shape[0]);
    const folded = foldSupport(parameters, config, nothing, { ...support, pairs });
    const task = taskContext(parameters, config, folded);
    const scores = scorePairs(parameters, config, task, embedPairs(parameters, config, schema, inputs, query));
    return episodeLoss(config.objective, scores, query);
  };
}
