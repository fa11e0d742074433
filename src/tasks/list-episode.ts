import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { agesOf } from '../features/ages.ts';
import { evidenceOf } from '../features/opinions.ts';
import { opinionsOf, positivesOf, typeOf } from './positives.ts';
import { type Random, shuffle } from './random.ts';
import { selectElements } from './select-pairs.ts';
import { type Task, userOf } from './training-data.ts';

/** How a task's interactions become an episode. */
export interface ListEpisodeOptions {
  /** The share of episodes that show few interactions, as of a new user. */
  readonly shortSupportShare: number;
  /** Maximum number of interactions that such an episode shows. Each number from 0 is equally likely. */
  readonly shortSupportPairs: number;
  /** The share of episodes that follow the time, see `drawListEpisode`, if the times are known. */
  readonly laterShare: number;
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
  /** See `Task`. */
  readonly amount: number;
  /** See `agesOf`. */
  readonly age: number;
}

/** An item to find, and how much it counts. */
export interface Target {
  readonly item: number;
  readonly weight: number;
}

export interface ListEpisode {
  readonly user: number;
  /** With the times, latest first. */
  readonly support: readonly ShownPair[];
  /** Items that the user interacted with before. They are not shown, and do not compete. */
  readonly earlier: readonly number[];
  /** The positive items that the support set does not show. */
  readonly targets: readonly Target[];
}

/** The other episodes show a share of the interactions between these bounds. */
const longShare = { from: 0.2, to: 0.9 } as const;

/**
 * Draws an episode of a task: interactions to show, and the other items that the user likes, to find.
 *
 * Episodes that follow the time show consecutive interactions with their ages, and what comes later is to be found, as
 * in lists. The others show random interactions whose ages are unknown, as those of visitors. They are needed too: with
 * few interactions to show, there are too few different episodes that follow the time.
 */
export function drawListEpisode(task: Task, options: ListEpisodeOptions, random: Random): ListEpisode {
  const { times } = task;
  if (times && uniformFloat64(random) < options.laterShare) return drawInTime({ ...task, times }, options, random);
  const order = Int32Array.from(task.items.keys());
  shuffle(order, random);
  const shown = order.subarray(0, countShown(order.length, options, random));
  return episodeOf(task, { shown, ages: new Float32Array(shown.length), earlier: [] }, options);
}

function drawInTime(
  task: Task & Required<Pick<Task, 'times'>>,
  options: ListEpisodeOptions,
  random: Random,
): ListEpisode {
  const { items, times } = task;
  const count = countShown(items.length, options, random);
  const start = uniformInt(random, 0, items.length - 1 - count);
  const shown = Int32Array.from({ length: count }, (_, pair) => start + count - 1 - pair);
  const ages = agesOf(selectElements(times, shown));
  return episodeOf(task, { shown, ages, earlier: [...items.subarray(0, start)] }, options);
}

/** Always draws three random numbers, so that the following episodes do not depend on the lengths of supports. */
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

/** Indices of a task's pairs. */
interface DrawnPairs {
  readonly shown: Int32Array;
  readonly ages: Float32Array;
  /** Items that must neither be shown nor found. */
  readonly earlier: readonly number[];
}

function episodeOf(
  task: Task,
  { shown, ages, earlier }: DrawnPairs,
  { positiveFrom }: ListEpisodeOptions,
): ListEpisode {
  const itemOf = (pair: number) => task.items[pair] as number;
  const opinions = opinionsOf(task, positiveFrom);
  const support = Array.from(shown, (pair, place): ShownPair => {
    const type = typeOf(task, pair);
    const evidence = evidenceOf(type, opinions[pair] as number);
    const [label, amount] = [task.labels[pair] as number, task.amounts?.[pair] ?? Number.NaN];
    return { item: itemOf(pair), type, label, evidence, amount, age: ages[place] as number };
  });
  const known = new Set([...support.map(({ item }) => item), ...earlier]);
  const liked = positivesOf({ ...task, opinions }, positiveFrom).map(({ pair, weight }) => {
    return { item: itemOf(pair), weight };
  });
  return { user: userOf(task, 0), support, earlier, targets: liked.filter(({ item }) => !known.has(item)) };
}
