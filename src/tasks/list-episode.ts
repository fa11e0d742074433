import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { evidenceOf } from '../features/opinions.ts';
import { opinionsOf, positivesOf, typeOf } from './positives.ts';
import { type Random, shuffle } from './random.ts';
import type { Task } from './training-data.ts';

/** How a task's interactions become an episode. */
export interface ListEpisodeOptions {
  /** The share of episodes that show few interactions, as of a new user. */
  readonly shortSupportShare: number;
  /** Maximum number of interactions that such an episode shows. Each number from 0 is equally likely. */
  readonly shortSupportPairs: number;
  /** The smallest rating that is to be found. */
  readonly positiveFrom: number;
}

/** An interaction of a support set. */
export interface ShownPair {
  readonly item: number;
  readonly type: number;
  readonly label: number;
  /** See `evidenceOf`. */
  readonly evidence: number;
}

/** An item to find, and how much it counts. */
export interface Target {
  readonly item: number;
  readonly weight: number;
}

export interface ListEpisode {
  readonly user: number;
  readonly support: readonly ShownPair[];
  /** The positive items that the support set does not show. */
  readonly targets: readonly Target[];
}

/** The other episodes show a share of the interactions between these bounds. */
const longShare = { from: 0.2, to: 0.9 } as const;

/** Draws an episode of a task: random interactions to show, and the other items that the user likes, to find. */
export function drawListEpisode(task: Task, options: ListEpisodeOptions, random: Random): ListEpisode {
  const { length } = task.items;
  const order = Int32Array.from({ length }, (_, pair) => pair);
  shuffle(order, random);
  const shown = countShown(length, options, random);
  const opinions = opinionsOf(task, options.positiveFrom);
  const support = Array.from(order.subarray(0, shown), (pair) => pairOf(task, opinions, pair));
  const known = new Set(support.map(({ item }) => item));
  const liked = positivesOf({ ...task, opinions }, options.positiveFrom).map(({ pair, weight }) => {
    return { item: task.items[pair] as number, weight };
  });
  return { user: task.users[0] as number, support, targets: liked.filter(({ item }) => !known.has(item)) };
}

/** Always draws three random numbers, so that the following episodes do not depend on the options. */
function countShown(
  length: number,
  { shortSupportShare, shortSupportPairs }: ListEpisodeOptions,
  random: Random,
): number {
  const isShort = uniformFloat64(random) < shortSupportShare;
  const short = uniformInt(random, 0, shortSupportPairs);
  const share = longShare.from + (longShare.to - longShare.from) * uniformFloat64(random);
  return Math.min(isShort ? short : Math.floor(length * share), length - 1);
}

function pairOf(task: Task, opinions: Float32Array, pair: number): ShownPair {
  const [item, type, label] = [task.items[pair] as number, typeOf(task, pair), task.labels[pair] as number];
  return { item, type, label, evidence: evidenceOf(type, opinions[pair] as number) };
}
