import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { type BatchPairs, clearBatch, type EpisodeBatch } from './episode-batch.ts';
import type { EpisodeOptions } from './episode-options.ts';
import { drawNegative, type NegativeSource } from './negatives.ts';
import { type Random, shuffleLast } from './random.ts';
import { type Task, type TrainingData, userOf } from './training-data.ts';

/**
 * Adds an episode of a task to a batch with room: up to `queryPairs` of its pairs at random as query set, and as support set
 * up to `supportPairs` of the others, in random order. Where there are negatives, `source` must be given.
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
    ? drawApart(task.heldOut, options, random)
    : draw(task.items.length, options, random);
  const support = rest.subarray(0, supportLength(rest.length, options, random));
  const episode = { batch, task, random, implicit: negatives !== 'none' };
  addPairs(batch.support, support, episode, negatives === 'both' ? source : undefined);
  addPairs(batch.query, query, episode, source);
  batch.filled += 1;
}

interface Drawn {
  readonly query: Int32Array;
  /** As many of the others as a support set can have. */
  readonly rest: Int32Array;
}

/** Pairs, as indices, of which each may be predicted or shown. */
function draw(pairs: number, options: EpisodeOptions, random: Random): Drawn {
  const order = new Int32Array(pairs);
  for (let pair = 0; pair < pairs; pair++) order[pair] = pair;
  const predicted = Math.min(options.queryPairs, Math.floor(pairs * options.queryShare));
  const shown = Math.min(pairs - predicted, options.supportPairs);
  shuffleLast(order, shown + predicted, random);
  const start = pairs - predicted;
  return { query: order.subarray(start), rest: order.subarray(start - shown, start) };
}

/** Pairs of which some may only be predicted, and the others only be shown. */
function drawApart(heldOut: Uint8Array, { supportPairs, queryPairs }: EpisodeOptions, random: Random): Drawn {
  const some = (all: Int32Array, count: number) => {
    const pairs = all.slice();
    shuffleLast(pairs, Math.min(count, pairs.length), random);
    return pairs.subarray(Math.max(pairs.length - count, 0));
  };
  const { predicted, shown } = partsOf(heldOut);
  return { query: some(predicted, queryPairs), rest: some(shown, supportPairs) };
}

interface HeldOutParts {
  readonly predicted: Int32Array;
  readonly shown: Int32Array;
}

/** A task can have many pairs, and gives an episode in every epoch. */
const partsByMarks = new WeakMap<Uint8Array, HeldOutParts>();

function partsOf(heldOut: Uint8Array): HeldOutParts {
  const earlier = partsByMarks.get(heldOut);
  if (earlier) return earlier;
  const marked = (mark: number) =>
    Int32Array.from([...heldOut.keys()].filter((pair) => heldOut[pair] === mark));
  const parts = { predicted: marked(1), shown: marked(0) };
  partsByMarks.set(heldOut, parts);
  return parts;
}

interface Episode {
  readonly batch: EpisodeBatch;
  readonly task: Task;
  readonly random: Random;
  /** Whether pairs are positives, whatever their labels. */
  readonly implicit: boolean;
}

/** Adds pairs, each with a negative beside it if there is a source of them. */
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
      // Who has interacted with every item tells nothing by it.
      if (negative === undefined) continue;
      put(start + pair, user, item, 1);
      put(start + pairs.places / 2 + pair, user, negative, 0);
    }
  }
}

/** Draws the same numbers whatever it decides, so that the episodes after it do not change with the options. */
function supportLength(available: number, options: EpisodeOptions, random: Random): number {
  const isShort = uniformFloat64(random) < options.shortSupportShare;
  const short = uniformInt(random, 0, options.shortSupportPairs);
  return isShort ? Math.min(short, available) : available;
}

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
