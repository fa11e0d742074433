import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { type BatchPairs, clearBatch, type EpisodeBatch } from './episode-batch.ts';
import type { EpisodeOptions } from './episode-options.ts';
import { drawNegative, type NegativeSource } from './negatives.ts';
import { type Random, shuffleLast } from './random.ts';
import { type Task, type TrainingData, userOf } from './training-data.ts';

/**
 * Adds an episode of a task to a batch that has room for one. The query set has up to `queryPairs` random pairs of the
 * task. The support set has up to `supportPairs` of the others, in random order. `source` must be given if the options
 * ask for negatives.
 */
export function sampleEpisode(
  batch: EpisodeBatch,
  task: Task,
  options: EpisodeOptions,
  random: Random,
  source?: NegativeSource,
): void {
  const { negatives } = options;
  const { rest, query } = task.heldOut
    ? drawHeldOut(task.heldOut, options, random)
    : draw(task.items.length, options, random);
  const support = rest.subarray(0, supportLength(rest.length, options, random));
  const episode = { batch, task, random, implicit: negatives !== 'none' };
  addPairs(batch.support, support, episode, negatives === 'both' ? source : undefined);
  addPairs(batch.query, query, episode, source);
  batch.filled += 1;
}

interface Drawn {
  readonly query: Int32Array;
  /** Pairs for the support set, up to its maximum size. */
  readonly rest: Int32Array;
}

/** Draws indices of pairs. Each pair can be in the query set or in the support set. */
function draw(pairs: number, options: EpisodeOptions, random: Random): Drawn {
  const order = new Int32Array(pairs);
  for (let pair = 0; pair < pairs; pair++) order[pair] = pair;
  const query = Math.min(options.queryPairs, Math.floor(pairs * options.queryShare));
  const support = Math.min(pairs - query, options.supportPairs);
  shuffleLast(order, support + query, random);
  const start = pairs - query;
  return { query: order.subarray(start), rest: order.subarray(start - support, start) };
}

/** Draws indices of pairs. Held-out pairs can only be in the query set, all others only in the support set. */
function drawHeldOut(heldOut: Uint8Array, { supportPairs, queryPairs }: EpisodeOptions, random: Random): Drawn {
  const some = (all: Int32Array, count: number) => {
    const pairs = all.slice();
    shuffleLast(pairs, Math.min(count, pairs.length), random);
    return pairs.subarray(Math.max(pairs.length - count, 0));
  };
  const { query, support } = partsOf(heldOut);
  return { query: some(query, queryPairs), rest: some(support, supportPairs) };
}

interface HeldOutParts {
  readonly query: Int32Array;
  readonly support: Int32Array;
}

/** A cache: a task can have many pairs, and gives an episode in every epoch. */
const partsByMarks = new WeakMap<Uint8Array, HeldOutParts>();

function partsOf(heldOut: Uint8Array): HeldOutParts {
  const cached = partsByMarks.get(heldOut);
  if (cached) return cached;
  const marked = (mark: number) => Int32Array.from([...heldOut.keys()].filter((pair) => heldOut[pair] === mark));
  const parts = { query: marked(1), support: marked(0) };
  partsByMarks.set(heldOut, parts);
  return parts;
}

interface Episode {
  readonly batch: EpisodeBatch;
  readonly task: Task;
  readonly random: Random;
  /** Whether pairs are positives regardless of their labels. */
  readonly implicit: boolean;
}

/** Adds pairs, each with a negative if `source` is given. */
function addPairs(pairs: BatchPairs, chosen: Int32Array, episode: Episode, source?: NegativeSource): void {
  const { batch, task, random, implicit } = episode;
  const start = batch.filled * pairs.places;
  const { userPerPair } = batch.size;
  if (!userPerPair) pairs.users[batch.filled] = userOf(task, 0);
  const put = (place: number, user: number, item: number, label: number) => {
    if (userPerPair) pairs.users[place] = user;
    pairs.items[place] = item;
    pairs.labels[place] = label;
    pairs.mask[place] = 1;
  };
  for (const [pair, index] of chosen.entries()) {
    const user = userOf(task, index);
    const item = task.items[index] as number;
    if (!implicit) put(start + pair, user, item, task.labels[index] as number);
    else if (!source) put(start + pair, user, item, 1);
    else {
      const negative = drawNegative(task.candidates, user, source, random);
      // A pair of a user who has interacted with every item has nothing to be compared with.
      if (negative === undefined) continue;
      put(start + pair, user, item, 1);
      put(start + pairs.places / 2 + pair, user, negative, 0);
    }
  }
}

/** Always draws two random numbers, so that the following episodes do not depend on the options. */
function supportLength(available: number, options: EpisodeOptions, random: Random): number {
  const isShort = uniformFloat64(random) < options.shortSupportShare;
  const short = uniformInt(random, 0, options.shortSupportPairs);
  return isShort ? Math.min(short, available) : available;
}

/**
 * Yields batches with one episode for each task, in the given order. `tasks` are indices into the tasks of the data. It
 * refills and yields the same batch each time, so use a batch before requesting the next one. The last batch can have
 * padding.
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
