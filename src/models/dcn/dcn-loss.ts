import { concat, reshape, split, sum, type Tensor2D } from '@tensorflow/tfjs-core';
import type { LossFunction } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { embedPairs, episodePairs } from '../episodes.ts';
import { objectives } from '../objectives.ts';
import type { DcnConfig } from './dcn-config.ts';
import { scorePairs } from './dcn-network.ts';

/** The sets of an episode whose pairs the loss counts: both, or the query sets only. */
export type TrainedSets = readonly ('support' | 'query')[];

/**
 * Returns the loss of an episode's pairs. A network that does not adapt does not distinguish tasks: every pair of a
 * support or query set has the same weight, whatever task it belongs to. If support sets train with a pairwise
 * objective, they must have the layout of query sets. The inputs are those of `episodeInputs` and `embeddingConstants`.
 */
export function dcnLoss(config: DcnConfig, schema: FeatureSchema, sets: TrainedSets): LossFunction {
  const objective = objectives[config.objective];
  return (parameters, inputs) => {
    const episodes = sets.map((set) => episodePairs(inputs, set));
    const scores = episodes.map((pairs) =>
      scorePairs(parameters, config, embedPairs(parameters, config, schema, inputs, pairs)),
    );
    const together = (places: readonly Tensor2D[]) => asOneTask(places, objective.pairwise);
    const labels = together(episodes.map((pairs) => pairs.labels));
    const mask = together(episodes.map((pairs) => pairs.mask));
    return sum(objective.loss(together(scores), labels, mask));
  };
}

/**
 * Returns the places `[tasks, places]` of several sets as those of one task, `[1, all]`. For a pairwise objective, all
 * positives come first, and then all negatives in the same order.
 */
function asOneTask(sets: readonly Tensor2D[], pairwise: boolean): Tensor2D {
  const row = (places: Tensor2D): Tensor2D => reshape(places, [1, places.size]);
  if (!pairwise) return concat(sets.map(row), 1);
  const halves = sets.map((places) => split(places, 2, 1) as [Tensor2D, Tensor2D]);
  const of = (half: 0 | 1) => halves.map((both) => row(both[half]));
  return concat([...of(0), ...of(1)], 1);
}
