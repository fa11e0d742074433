import { describe, expect, test } from '@jest/globals';
import { hideMarked, listTasks } from '../../src/evaluation/list-tasks.ts';
import { typeIndex } from '../../src/features/interaction-types.ts';
import type { Task } from '../../src/tasks/training-data.ts';

const [rate, view, purchase] = [typeIndex('RATE'), typeIndex('VIEW'), typeIndex('PURCHASE')];

/** A history of ratings: items 0, 1, … with these values. */
const ratings = (user: number, values: readonly number[]): Task => ({
  users: Int32Array.of(user),
  items: Int32Array.from(values, (_, item) => item),
  labels: Float32Array.from(values),
});
const liked = (length: number) => ratings(3, new Array(length).fill(5));
const options = { positiveFrom: 4, seed: 1 };

describe('listTasks', () => {
  test.each([
    [1, 1],
    [4, 1],
    [8, 2],
    [20, 4],
    [52, 10],
  ])('hides a fifth of %i items, and shows the others once each', (length, hidden) => {
    const [task] = listTasks([liked(length)], options);
    expect(task?.user).toBe(3);
    expect(task?.relevant.length).toBe(hidden);
    const all = [...(task?.relevant ?? []), ...(task?.shown.items ?? [])];
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, item) => item));
  });

  test('shows ratings of every value, and searches only for what is liked', () => {
    const values = Array.from({ length: 50 }, (_, item) => 1 + (item % 5));
    const [task] = listTasks([ratings(0, values)], options);
    for (const item of task?.relevant ?? []) expect(values[item]).toBeGreaterThanOrEqual(4);
    expect(task?.shown.items.length).toBe(40);
    for (const [pair, item] of (task?.shown.items ?? []).entries()) expect(task?.shown.values[pair]).toBe(values[item]);
    expect([...new Set(task?.shown.types)]).toEqual([rate]);
  });

  test('leaves out users who like nothing that is hidden', () => {
    expect(listTasks([ratings(0, [1, 1, 1, 1, 1, 1]), liked(5)], options).map(({ user }) => user)).toEqual([3]);
  });

  test('hides and orders by the seed alone', () => {
    const shown = (seed: number) => listTasks([liked(40)], { ...options, seed }).map((task) => [...task.shown.items]);
    expect(shown(1)).toEqual(shown(1));
    expect(shown(1)).not.toEqual(shown(2));
    expect(shown(1)[0]).not.toEqual([...(shown(1)[0] ?? [])].sort((a, b) => a - b));
  });

  test('with a seed for each user, hides the same of a user whoever else there is', () => {
    const values = new Array(40).fill(5);
    const taskOf = (users: readonly number[], userSeeds: readonly number[]) =>
      listTasks(
        users.map((user) => ratings(user, values)),
        { ...options, userSeeds },
      ).at(-1);
    const alone = taskOf([0], [4_000_000_000]);
    const { user: _, ...split } = taskOf([0, 1, 2], [7, 8, 4_000_000_000]) ?? {};
    expect(alone).toMatchObject(split);
    expect([...(taskOf([0], [9])?.relevant ?? [])]).not.toEqual([...(alone?.relevant ?? [])]);
  });

  test('can hide the latest interactions, and show the others in the order of the history', () => {
    const history = { ...liked(10), items: Int32Array.of(7, 3, 9, 1, 0, 2, 4, 8, 5, 6) };
    const [task] = listTasks([history], { ...options, hide: 'latest' });
    expect([...(task?.relevant ?? [])]).toEqual([5, 6]);
    expect([...(task?.shown.items ?? [])]).toEqual([7, 3, 9, 1, 0, 2, 4, 8]);
  });

  test('shows the amounts of interactions', () => {
    const amounts = Float32Array.from({ length: 10 }, (_, item) => item / 2);
    const [task] = listTasks([{ ...liked(10), amounts }], options);
    expect(task?.shown.amounts).toEqual(Float32Array.from(task?.shown.items ?? [], (item) => item / 2));
  });

  test('shows the times of interactions if everything that is hidden comes later, and only then', () => {
    const history = { ...liked(10), times: Float64Array.from({ length: 10 }, (_, day) => 1000 * day) };
    const [latest] = listTasks([history], { ...options, hide: 'latest' });
    expect(latest?.shown.times).toEqual(history.times.slice(0, 8));
    const [random] = listTasks([history], options);
    const [marked] = hideMarked([history], Uint8Array.of(1, ...Array(9).fill(0)), 4);
    for (const task of [random, marked]) {
      expect(task?.shown.items.length).toBeGreaterThan(0);
      expect(task?.shown.times).toBeUndefined();
    }
  });

  test('hides an item with all interactions with it', () => {
    // Item 0 is viewed first and bought last, so it is the latest of five items.
    const history: Task = {
      users: Int32Array.of(0),
      items: Int32Array.of(0, 1, 2, 3, 4, 0),
      labels: new Float32Array(6),
      types: Uint8Array.of(view, view, view, view, view, purchase),
    };
    const [task] = listTasks([history], { ...options, hide: 'latest' });
    expect([...(task?.relevant ?? [])]).toEqual([0]);
    expect([...(task?.shown.items ?? [])]).toEqual([1, 2, 3, 4]);
  });

  test('never shows marked items, and hides the same items as without marks', () => {
    const marked = Uint8Array.from({ length: 30 }, (_, item) => (item % 2 === 0 ? 1 : 0));
    const [plain] = listTasks([liked(30)], options);
    const [task] = listTasks([liked(30)], { ...options, neverShown: marked });
    expect([...(task?.relevant ?? [])]).toEqual([...(plain?.relevant ?? [])]);
    expect([...(task?.shown.items ?? [])]).toEqual([...(plain?.shown.items ?? [])].filter((item) => item % 2 === 1));
  });
});

describe('hideMarked', () => {
  test('hides all marked items, and leaves out users who like none of them', () => {
    const marked = Uint8Array.of(0, 1, 0, 1);
    const tasks = hideMarked([ratings(0, [5, 5, 1, 2]), ratings(1, [5, 3, 5, 3])], marked, 4);
    expect(tasks.map(({ user }) => user)).toEqual([0]);
    expect([...(tasks[0]?.shown.items ?? [])]).toEqual([0, 2]);
    expect([...(tasks[0]?.relevant ?? [])]).toEqual([1]);
  });
});
