import { InteractionTypes, isRatingType, rating, typeIndex } from '../features/interaction-types.ts';
import { latestOpinions } from '../features/opinions.ts';
import type { Task, TrainingData } from './training-data.ts';

const rate = typeIndex(rating);

/** Returns the type of a task's pair, see `typeIndex`. Interactions of tasks without types are ratings. */
export function typeOf({ types }: Pick<Task, 'types'>, pair: number): number {
  return types?.[pair] ?? rate;
}

/** Returns whether a task's pair is a rating, so that its label is one. */
export function isRating(task: Pick<Task, 'types'>, pair: number): boolean {
  return isRatingType(typeOf(task, pair));
}

/** Returns the rating from which an item of the training data counts as liked. */
export function positiveFromOf({ positiveFrom, tasks }: Pick<TrainingData, 'positiveFrom' | 'tasks'>): number {
  return positiveFrom ?? defaultPositiveFrom(tasks);
}

/**
 * Returns the rating from which an item counts as liked if nothing else is configured: three quarters of the way from
 * the lowest to the highest rating, such as 4 for ratings from 1 to 5. It is 0 without ratings.
 */
export function defaultPositiveFrom(tasks: readonly Pick<Task, 'labels' | 'types'>[]): number {
  let [lowest, highest] = [Infinity, -Infinity];
  for (const task of tasks) {
    for (const [pair, label] of task.labels.entries()) {
      if (!isRating(task, pair)) continue;
      lowest = Math.min(lowest, label);
      highest = Math.max(highest, label);
    }
  }
  return highest < lowest ? 0 : lowest + 0.75 * (highest - lowest);
}

type OpinionatedTask = Pick<Task, 'items' | 'labels' | 'types' | 'opinions'>;

/**
 * Returns the opinion that each pair of a task says, see `opinionOf`. Pairs of a task without opinions are of the
 * default types, and ratings are positive from `positiveFrom` on.
 */
export function opinionsOf(task: Omit<OpinionatedTask, 'items'>, positiveFrom: number): Float32Array {
  if (task.opinions) return task.opinions;
  const types = new InteractionTypes().withRatingsFrom(positiveFrom);
  return task.labels.map((label, pair) => types.opinionOf(typeOf(task, pair), label) ?? 0);
}

/** A pair that says that the user likes the item. */
export interface Positive {
  /** The index of the pair. */
  readonly pair: number;
  /** See `opinionOf`. */
  readonly weight: number;
}

/** Returns the positives of a task: the latest pair of each item that the user likes, see `latestOpinions`. */
export function positivesOf(task: OpinionatedTask, positiveFrom: number): Positive[] {
  return [...latestOpinions(task.items, opinionsOf(task, positiveFrom)).values()].filter(({ weight }) => weight > 0);
}

/** Returns the positives of a task as indices of pairs. */
export function positivePairs(task: OpinionatedTask, positiveFrom: number): number[] {
  return positivesOf(task, positiveFrom).map(({ pair }) => pair);
}

/** Returns how many users like each item. `items` is the number of items. */
export function countPositives(tasks: readonly Task[], items: number, positiveFrom: number): Int32Array {
  const counts = new Int32Array(items);
  for (const task of tasks) {
    for (const pair of positivePairs(task, positiveFrom)) {
      const item = task.items[pair] as number;
      counts[item] = (counts[item] as number) + 1;
    }
  }
  return counts;
}
