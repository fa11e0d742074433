import { isPositive, likedItems, typeIndex } from '../features/feedback.ts';
import type { Task, TrainingData } from './training-data.ts';

const rate = typeIndex('RATE');

/** Returns the type of a task's pair, see `typeIndex`. Interactions of tasks without types are ratings. */
export function typeOf({ types }: Pick<Task, 'types'>, pair: number): number {
  return types?.[pair] ?? rate;
}

/** Returns whether a task's pair is a rating, so that its label is one. */
export function isRating(task: Pick<Task, 'types'>, pair: number): boolean {
  return typeOf(task, pair) === rate;
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

/** Returns the positives of a task: the latest pair of each liked item (see `likedItems`), as the index of the pair. */
export function positivePairs(task: Pick<Task, 'items' | 'labels' | 'types'>, positiveFrom: number): number[] {
  const { items, labels } = task;
  const liked = likedItems(items, (pair) => isPositive(typeOf(task, pair), labels[pair] as number, positiveFrom));
  return [...liked.values()];
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
