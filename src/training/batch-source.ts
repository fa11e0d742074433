import type { HostTensors, Signature } from '../engine/engine.ts';
import { floatTensor, integerTensor } from '../engine/host-tensor.ts';
import { episodeInputs, type PairSet } from '../models/episodes.ts';
import { type DropoutOptions, dropFeatures } from '../tasks/drop-features.ts';
import { allocateBatch, type BatchPairs, type BatchSize, type EpisodeBatch } from '../tasks/episode-batch.ts';
import type { EpisodeOptions } from '../tasks/episode-options.ts';
import type { NegativeSource } from '../tasks/negatives.ts';
import type { Random } from '../tasks/random.ts';
import { sampleEpoch } from '../tasks/sample-episode.ts';
import type { TrainingData } from '../tasks/training-data.ts';

/** The batches that a loss reads. */
export interface BatchSource {
  readonly inputs: Signature;
  /** The inputs of the current batch. They share the arrays that are refilled for each batch. */
  readonly tensors: HostTensors;
  /**
   * Fills in one batch after the other until each of the tasks, given as indices, has had one episode. Yields the
   * number of tasks over which the loss of the batch is averaged.
   */
  epoch(tasks: Int32Array, random: Random): Iterable<number>;
}

export interface EpisodeSource {
  readonly data: TrainingData;
  readonly episodes: EpisodeOptions;
  /** Absent if episodes have no negatives. */
  readonly negatives: NegativeSource | undefined;
  /** Default: nothing is dropped. */
  readonly dropout?: DropoutOptions | undefined;
}

/** Returns batches of support and query sets. Users and items are rows of `withDropped`. */
export function episodeBatches(size: BatchSize, { data, episodes, negatives, dropout }: EpisodeSource): BatchSource {
  const batch = allocateBatch(size);
  return {
    inputs: episodeInputs(size),
    tensors: batchTensors(batch),
    *epoch(tasks, random) {
      for (const { query } of sampleEpoch(batch, data, tasks, episodes, random, negatives)) {
        if (dropout) dropFeatures(batch, data, dropout, random);
        yield tasksOf(query);
      }
    },
  };
}

/** Returns tensors that share the arrays of a batch, so refilling the batch changes the tensors. */
export function batchTensors({ size, support, query }: EpisodeBatch): HostTensors {
  return { ...pairTensors('support', size, support), ...pairTensors('query', size, query) };
}

/** Returns the tensors of one set of pairs, see `batchTensors`. */
export function pairTensors(set: PairSet, size: BatchSize, pairs: BatchPairs): HostTensors {
  const { places, users, items, labels, mask } = pairs;
  const shape = [size.tasks, places];
  return {
    [`${set}Users`]: integerTensor(size.userPerPair ? shape : [size.tasks], users),
    [`${set}Items`]: integerTensor(shape, items),
    [`${set}Labels`]: floatTensor(shape, labels),
    [`${set}Mask`]: floatTensor(shape, mask),
  };
}

/** Returns the number of tasks with query pairs. The others are padding. */
function tasksOf({ places, mask }: BatchPairs): number {
  const tasks = Array.from({ length: mask.length / places }, (_, task) => task * places);
  return tasks.filter((start) => mask.subarray(start, start + places).includes(1)).length;
}
