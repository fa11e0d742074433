import { isRatingType, maxInteractionTypes } from '../features/interaction-types.ts';
import { lastingPairs } from '../features/opinions.ts';
import { selectElements } from '../tasks/select-pairs.ts';
import type { Task } from '../tasks/training-data.ts';
import type { InteractionTable } from './dataset-tables.ts';

export interface UserTasksOptions {
  /** Whether histories have only ratings, or interactions of every type. */
  readonly feedback: 'ratings' | 'typed';
  /** Maximum number of interactions of a task, the first ones. Default: no limit. */
  readonly limit?: number;
}

/**
 * Returns a task of each user with interactions, in the order in which the users occur. A later rating of an item
 * replaces an earlier one, because an item must not be in both the support set and the query set. With the feedback
 * `typed`, each item is there once for each type of its interactions.
 */
export function userTasks(table: InteractionTable, options: UserTasksOptions): Task[] {
  return rowsByUser(table)
    .map((rows) => taskOf(table, rows, options))
    .filter(({ items }) => items.length > 0);
}

function taskOf(
  { users, items, types, values, opinions, amounts, times }: InteractionTable,
  rows: Int32Array,
  { feedback, limit = Infinity }: UserTasksOptions,
): Task {
  const typed = feedback === 'typed';
  const latest = new Map<number, number>();
  for (const row of rows) {
    const [item, type] = [items[row] as number, types[row] as number];
    if (!typed && !isRatingType(type)) continue;
    const key = typed ? item * maxInteractionTypes + type : item;
    latest.delete(key);
    latest.set(key, row);
  }
  const all = [...latest.values()];
  const overruling = typed && opinions;
  const lasting = overruling
    ? lastingPairs(
        all.map((row) => items[row] as number),
        all.map((row) => opinions[row] as number),
      ).map((place) => all[place] as number)
    : all;
  const first = lasting.slice(0, limit);
  return {
    users: Int32Array.of(users[rows[0] as number] as number),
    items: selectElements(items, first),
    labels: selectElements(values, first),
    ...(typed && { types: selectElements(types, first) }),
    ...(typed && opinions && { opinions: selectElements(opinions, first) }),
    ...(typed && amounts && { amounts: selectElements(amounts, first) }),
    ...(typed && times && { times: selectElements(times, first) }),
  };
}

/** Returns the rows of each user's interactions. */
function rowsByUser({ users }: InteractionTable): Int32Array[] {
  const counts = new Map<number, number>();
  for (const user of users) counts.set(user, (counts.get(user) ?? 0) + 1);
  const places = new Map([...counts.keys()].map((user, place) => [user, place]));
  const all = Array.from(counts.values(), (count) => new Int32Array(count));
  const filled = new Int32Array(all.length);
  for (const [row, user] of users.entries()) {
    const place = places.get(user) as number;
    const at = filled[place] as number;
    (all[place] as Int32Array)[at] = row;
    filled[place] = at + 1;
  }
  return all;
}
