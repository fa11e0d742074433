import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { EpisodeBatch } from './episode-batch.ts';
import { type Random, shuffle } from './random.ts';
import type { History } from './training-data.ts';

export interface EpisodeOptions {
  /** A history's first interactions, of which an episode is made. */
  readonly historyLimit: number;
  /** How many of them are predicted; the others are the support set. */
  readonly queryPairs: number;
  /** Users with a shorter history make no episodes. */
  readonly minimumPairs: number;
  /** The share of episodes whose support set is cut short, as it is for a user who has just come. */
  readonly shortSupportShare: number;
  /** The support set of such an episode has from 0 to this many pairs, each size equally often. */
  readonly shortSupportPairs: number;
}

/** How the paper's authors sampled MovieLens-1M, and short support sets besides. */
export const defaultEpisodes: EpisodeOptions = {
  historyLimit: 100,
  queryPairs: 10,
  minimumPairs: 13,
  shortSupportShare: 0.5,
  shortSupportPairs: 10,
};

/** Most support pairs an episode can have. */
export function supportCapacity({ historyLimit, queryPairs }: EpisodeOptions): number {
  return historyLimit - queryPairs;
}

/** Shuffles a history and adds its last pairs as query set, the others as support set, to a batch with room. */
export function sampleEpisode(
  batch: EpisodeBatch,
  history: History,
  options: EpisodeOptions,
  random: Random,
): void {
  const { size, filled: task } = batch;
  const length = Math.min(history.items.length, options.historyLimit);
  const order = Int32Array.from({ length }, (_, index) => index);
  shuffle(order, random);
  const query = order.subarray(length - options.queryPairs);
  const support = order.subarray(0, supportLength(length - options.queryPairs, options, random));
  batch.users[task] = history.user;
  for (const [pair, index] of support.entries()) {
    const at = task * size.support + pair;
    batch.supportItems[at] = history.items[index] as number;
    batch.supportLabels[at] = history.labels[index] as number;
    batch.supportMask[at] = 1;
  }
  for (const [pair, index] of query.entries()) {
    const at = task * size.query + pair;
    batch.queryItems[at] = history.items[index] as number;
    batch.queryLabels[at] = history.labels[index] as number;
    batch.queryMask[at] = 1;
  }
  batch.filled += 1;
}

/** Draws the same numbers whatever it decides, so that the episodes after it do not change with the options. */
function supportLength(available: number, options: EpisodeOptions, random: Random): number {
  const isShort = uniformFloat64(random) < options.shortSupportShare;
  const short = uniformInt(random, 0, options.shortSupportPairs);
  return isShort ? Math.min(short, available) : available;
}
