import { isPositive, typeIndex } from '../features/feedback.ts';
import type { Task } from './training-data.ts';

const rate = typeIndex('RATE');

/**
 * Returns the rating from which an item counts as liked if nothing else is configured: three quarters of the way from
 * the lowest to the highest rating, such as 4 for ratings from 1 to 5. It is 0 without ratings. Interactions without
 * types are ratings.
 */
export function defaultPositiveFrom(tasks: readonly Pick<Task, 'labels' | 'types'>[]): number {
  let [lowest, highest] = [Infinity, -Infinity];
  for (const { labels, types } of tasks) {
    for (const [pair, label] of labels.entries()) {
      if (types && types[pair] !== rate) continue;
      lowest = Math.min(lowest, label);
      highest = Math.max(highest, label);
    }
  }
  return highest < lowest ? 0 : lowest + 0.75 * (highest - lowest);
}

/** Returns the positives among the pairs of a task, each as the index of the pair. */
export function positivePairs({ labels, types }: Pick<Task, 'labels' | 'types'>, positiveFrom: number): number[] {
  return [...labels.keys()].filter((pair) => isPositive(types?.[pair] ?? rate, labels[pair] as number, positiveFrom));
}

/** Returns how many users like each item. `items` is the number of items. */
export function countPositives(tasks: readonly Task[], items: number, positiveFrom: number): Int32Array {
  const counts = new Int32Array(items);
  for (const task of tasks) {
    const liked = new Set(positivePairs(task, positiveFrom).map((pair) => task.items[pair] as number));
    for (const item of liked) counts[item] = (counts[item] as number) + 1;
  }
  return counts;
}
