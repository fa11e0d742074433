import { clearBatch, type EpisodeBatch } from './episode-batch.ts';
import type { Random } from './random.ts';
import { type EpisodeOptions, type NegativeSource, sampleEpisode } from './sample-episode.ts';
import type { TrainingData } from './training-data.ts';

/**
 * Yields batches of one episode for each task, an index into the data's, in the order given. It is the same
 * batch every time, filled anew: use it before asking for the next. The last one may hold padding.
 */
export function* sampleEpoch(
  batch: EpisodeBatch,
  data: TrainingData,
  tasks: Int32Array,
  options: EpisodeOptions,
  random: Random,
  negatives?: NegativeSource,
): Generator<EpisodeBatch, void> {
  for (let start = 0; start < tasks.length; start += batch.size.tasks) {
    clearBatch(batch);
    for (const index of tasks.subarray(start, start + batch.size.tasks)) {
      const task = data.tasks[index];
      if (!task) throw new RangeError(`Expected a task below ${data.tasks.length}, got ${index}.`);
      sampleEpisode(batch, task, options, random, negatives);
    }
    yield batch;
  }
}
