import { WarmstartError } from '../common/errors.ts';
import { pairInputs } from '../models/episodes.ts';
import { dropFeatures } from '../tasks/drop-features.ts';
import { allocateBatch } from '../tasks/episode-batch.ts';
import { queryPlaces, supportPlaces } from '../tasks/episode-options.ts';
import { SeenItems } from '../tasks/negatives.ts';
import { drawSourcePairs } from '../tasks/source-pairs.ts';
import { interactionsOf, type TrainingData } from '../tasks/training-data.ts';
import { pairTensors } from './batch-source.ts';
import type { TrainableModel } from './trainable-model.ts';
import type { TrainingOptions } from './training-options.ts';

/**
 * Returns batches of support and query sets with as many places for pairs of the source domain: known interactions of
 * all users, in tasks or not, and a negative for each. They are drawn for each batch, from the randomness of its epoch.
 *
 * Throws INVALID_CONFIGURATION if there are no interactions.
 */
export function sourceBatches(data: TrainingData, options: TrainingOptions): NonNullable<TrainableModel['batches']> {
  const positives = interactionsOf(data);
  if (positives.items.length === 0) throw noSource();
  const { episodes, tasksPerStep } = options;
  const places = tasksPerStep * (supportPlaces(episodes) + queryPlaces(episodes));
  const size = { tasks: 1, support: 0, query: places, userPerPair: true };
  const negatives = { items: data.items.rows, seen: new SeenItems(data) };
  return (episodesOnly, dropout) => {
    const target = episodesOnly();
    const source = allocateBatch(size);
    return {
      inputs: { ...target.inputs, ...pairInputs('source', size, places) },
      tensors: { ...target.tensors, ...pairTensors('source', size, source.query) },
      *epoch(tasks, random) {
        for (const counted of target.epoch(tasks, random)) {
          drawSourcePairs(source, positives, negatives, random);
          if (dropout) dropFeatures(source, data, dropout, random);
          yield counted;
        }
      },
    };
  };
}

function noSource(): WarmstartError {
  return new WarmstartError(
    'INVALID_CONFIGURATION',
    'sourceWeight: expected data with interactions to learn the source domain from, got none; import interactions, or train another kind of model',
    { field: ['sourceWeight'] },
  );
}
