import { isRating } from './positives.ts';
import type { Task } from './training-data.ts';

/** Returns a task with some of the pairs of another one, in the given order. */
export function selectPairs(task: Task, pairs: ArrayLike<number>): Task {
  const { users, items, labels, types, opinions, amounts, times, heldOut } = task;
  return {
    ...task,
    users: users.length === 1 ? users : selectElements(users, pairs),
    items: selectElements(items, pairs),
    labels: selectElements(labels, pairs),
    ...(types && { types: selectElements(types, pairs) }),
    ...(opinions && { opinions: selectElements(opinions, pairs) }),
    ...(amounts && { amounts: selectElements(amounts, pairs) }),
    ...(times && { times: selectElements(times, pairs) }),
    ...(heldOut && { heldOut: selectElements(heldOut, pairs) }),
  };
}

/** Returns a task with the ratings of another one. They need no types. */
export function ratingsOf(task: Task): Task {
  const rated = [...task.items.keys()].filter((pair) => isRating(task, pair));
  const { types: _, opinions: __, amounts: ___, ...ratings } = selectPairs(task, rated);
  return ratings;
}

/** Returns the elements of an array at some places, in the given order. */
export function selectElements<T extends Int32Array | Float32Array | Float64Array | Uint8Array>(
  values: T,
  places: ArrayLike<number>,
): T {
  const selected = new (values.constructor as new (length: number) => T)(places.length);
  for (let to = 0; to < places.length; to++) selected[to] = values[places[to] as number] as number;
  return selected;
}
