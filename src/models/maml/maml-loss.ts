import type { LossFunction } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { episodeLoss, episodePairs } from '../episodes.ts';
import { packForTasks } from '../gradient-steps/packed-parameters.ts';
import { adaptTasks, scoreAdapted } from './inner-loop.ts';
import type { MamlConfig } from './maml-config.ts';
import { declareLayers } from './maml-network.ts';
import { taskPairs } from './task-pairs.ts';

/**
 * Returns the loss of the query sets after the steps on their support sets, averaged over the tasks of a batch (MAML,
 * arXiv 1703.03400, eq. 1). The inputs are those of `episodeInputs` and `embeddingConstants`. Support sets must have the
 * layout of query sets if the objective is pairwise.
 */
export function mamlLoss(config: MamlConfig, schema: FeatureSchema): LossFunction {
  return (parameters, inputs) => {
    const support = episodePairs(inputs, 'support');
    const query = episodePairs(inputs, 'query');
    const pairs = taskPairs(parameters, config, schema, inputs, support);
    const start = packForTasks(declareLayers(config, schema), parameters, support.mask.shape[0]);
    const adapted = adaptTasks(config, schema, start, { ...support, pairs });
    const queried = taskPairs(parameters, config, schema, inputs, query);
    return episodeLoss(config.objective, scoreAdapted(config, schema, adapted, pairs, queried), query);
  };
}
