import { describe, expect, test } from '@jest/globals';
import { randomSource } from '../../src/tasks/random.ts';
import { splitTasks } from '../../src/tasks/split-tasks.ts';
import { dataWithTasks } from './tasks-of.ts';

const data = dataWithTasks([20, 12, 13, 50, 1, 30, 40, 13]);
const split = (seed: number, validationShare = 0.5) =>
  splitTasks(data, { minimumPairs: 13, validationShare }, randomSource(seed));

describe('splitTasks', () => {
  test('puts every task with enough pairs in one of both parts', () => {
    const { training, validation } = split(1);
    expect([...training, ...validation].toSorted()).toEqual([0, 2, 3, 5, 6, 7]);
    expect(validation).toHaveLength(3);
  });

  test('splits the same way for the same seed', () => {
    expect(split(3)).toEqual(split(3));
    const kinds = new Set([1, 2, 3, 4, 5, 6].map((seed) => split(seed).validation.toSorted().join()));
    expect(kinds.size).toBeGreaterThan(1);
  });

  test('keeps nothing for validation when the share is zero', () => {
    expect(split(1, 0)).toMatchObject({ validation: new Int32Array(0) });
  });
});
