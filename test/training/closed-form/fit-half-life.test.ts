import { describe, expect, test } from '@jest/globals';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { randomSource } from '../../../src/tasks/random.ts';
import type { Task } from '../../../src/tasks/training-data.ts';
import { fitHalfLife } from '../../../src/training/closed-form/fit-half-life.ts';

const day = 24 * 60 * 60 * 1000;
const groups = 8;
const itemsOfGroup = 30;
/** The factors of an item are its group. ID row 0 is that of unknown items. */
const foldIn = {
  width: groups,
  factors: Float32Array.from({ length: (1 + groups * itemsOfGroup) * groups }, (_, at) => {
    const id = Math.floor(at / groups);
    return id > 0 && (id - 1) % groups === at % groups ? 1 : 0;
  }),
  gram: new Float32Array(groups * groups),
  lambda: 0.01,
  unobserved: 10,
};
const options = { foldIn, positiveFrom: 4, signal: undefined };
/** The ID rows of items are one above their rows. */
const ids = Array.from({ length: groups * itemsOfGroup }, (_, row) => row + 1);

/** A user who likes an item of a group every `daysApart` days. `groupAt` says which group, by the number of the item. */
function history(user: number, daysApart: number, groupAt: (place: number) => number): Task {
  const taken = new Map<number, number>();
  const items = Int32Array.from({ length: 20 }, (_, place) => {
    const group = groupAt(place) % groups;
    const number = taken.get(group) ?? 0;
    taken.set(group, number + 1);
    return group + groups * number;
  });
  return {
    users: Int32Array.of(user),
    items,
    labels: new Float32Array(20).fill(5),
    times: Float64Array.from({ length: 20 }, (_, place) => place * daysApart * day),
  };
}

/** Twelve interactions with one group, then eight with another one. Of these, four are shown. */
const changing = (daysApart: number) =>
  Array.from({ length: 40 }, (_, user) => history(user, daysApart, (place) => (place < 12 ? user : user + 3)));
/** Every fourth shown interaction, the latest one too, is with another group than the others and what is to be found. */
const steady = Array.from({ length: 40 }, (_, user) =>
  history(user, 1, (place) => (place % 4 === 3 && place < 16 ? user + 3 : user)),
);

describe('fitHalfLife', () => {
  test('chooses a half-life in which tastes change, whatever the speed of the data', async () => {
    const slow = await fitHalfLife(changing(30), ids, options);
    const fast = await fitHalfLife(changing(1), ids, options);
    // Four interactions with the new group must outweigh twelve earlier ones.
    expect(slow).toBeGreaterThanOrEqual(30);
    expect(slow).toBeLessThanOrEqual(365);
    expect(fast).toBeGreaterThanOrEqual(1);
    expect(fast).toBeLessThanOrEqual(10);
  });

  test('counts all interactions alike if tastes do not change', async () => {
    expect(await fitHalfLife(steady, ids, options)).toBe(0);
  });

  test('counts all interactions alike if tastes have nothing to do with time, however few histories there are', async () => {
    for (const count of [1, 2, 10, 40]) {
      const random = randomSource(count);
      const tasks = Array.from({ length: count }, (_, user) =>
        history(user, 1, () => user + uniformInt(random, 0, 2) * uniformInt(random, 0, 1)),
      );
      expect(await fitHalfLife(tasks, ids, options)).toBe(0);
    }
  });

  test('prefers old likes to nothing', async () => {
    // Four likes, then only low ratings. Half of what is to be found is like the first four.
    const tasks = Array.from({ length: 40 }, (_, user) => {
      const whole = history(user, 30, (place) => (place < 18 ? user : user + 1));
      return { ...whole, labels: whole.labels.map((label, at) => (at < 4 || at > 15 ? label : 1)) };
    });
    expect(await fitHalfLife(tasks, ids, options)).toBe(0);
  });

  test('ends with the reason of the signal', async () => {
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(fitHalfLife(changing(1), ids, { ...options, signal })).rejects.toThrow('stopped');
  });

  test('counts all interactions alike without times, and without anything to find', async () => {
    const untimed = changing(1).map(({ times: _, ...task }) => task);
    expect(await fitHalfLife(untimed, ids, options)).toBe(0);
    const disliked = changing(1).map((task) => ({ ...task, labels: new Float32Array(20).fill(1) }));
    expect(await fitHalfLife(disliked, ids, options)).toBe(0);
    expect(await fitHalfLife([], ids, options)).toBe(0);
  });
});
