import type { Task } from '../tasks/training-data.ts';
import type { Ratings } from './dataset-tables.ts';

/**
 * Returns a task of each user's first ratings, at most `limit`. A later rating of an item replaces an earlier one,
 * because an item must not be in both the support set and the query set.
 */
export function userTasks({ users, items, values }: Ratings, limit = Infinity): Task[] {
  const ratingsOf = new Map<number, Map<number, number>>();
  for (const [rating, user] of users.entries()) {
    const item = items[rating] as number;
    const ratings = ratingsOf.get(user) ?? new Map<number, number>();
    ratings.delete(item);
    ratingsOf.set(user, ratings.set(item, values[rating] as number));
  }
  return [...ratingsOf].map(([user, ratings]) => {
    const first = [...ratings].slice(0, limit);
    return {
      users: Int32Array.of(user),
      items: Int32Array.from(first, ([item]) => item),
      labels: Float32Array.from(first, ([, value]) => value),
    };
  });
}
