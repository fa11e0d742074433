import { describe, expect, test } from '@jest/globals';
import { listSupport } from '../../src/evaluation/list-support.ts';
import type { ListTask } from '../../src/evaluation/list-tasks.ts';
import { typeIndex } from '../../src/features/interaction-types.ts';
import type { SupportKind } from '../../src/models/recommender.ts';

const [rate, view, purchase] = [typeIndex('RATE'), typeIndex('VIEW'), typeIndex('PURCHASE')];

/** Item 7 is viewed and then bought, items 1 and 2 are rated 5 and 2, and item 3 is viewed. */
const task: ListTask = {
  user: 1,
  shown: {
    items: Int32Array.of(7, 1, 2, 7, 3),
    types: Uint8Array.of(view, rate, rate, purchase, view),
    values: Float32Array.of(0, 5, 2, 0, 0),
    opinions: Float32Array.of(1, 1, 0, 1, 1),
  },
  relevant: Int32Array.of(9),
};
const options = { seed: 1, users: 2, items: 12 };

function support(kind: SupportKind, count: number, supportLimit = Infinity) {
  const { items, labels, types, opinions } = listSupport([task], { support: kind, supportLimit }, options)(task, count);
  return { items, labels: [...labels], ...(types && opinions && { types: [...types], opinions: [...opinions] }) };
}

describe('listSupport', () => {
  test('gives feedback models every interaction with its type, its rating and what it says', () => {
    expect(support('feedback', 4)).toEqual({
      items: [7, 1, 2, 7],
      labels: [0, 5, 2, 0],
      types: [view, rate, rate, purchase],
      opinions: [1, 1, 0, 1],
    });
  });

  test('gives feedback models the days between each interaction and the latest one that is shown, if there are times', () => {
    const days = [1, 2, 4, 8, 16].map((day) => Date.UTC(2026, 0, day));
    const timed: ListTask = { ...task, shown: { ...task.shown, times: Float64Array.from(days) } };
    const model = { support: 'feedback', supportLimit: Infinity } as const;
    expect(listSupport([timed], model, options)(timed, 4).ages).toEqual(Float32Array.of(7, 6, 4, 0));
    expect(listSupport([task], model, options)(task, 4).ages).toBeUndefined();
  });

  test('gives feedback models the amounts of the interactions, if there are some', () => {
    const amounts = Float32Array.of(12, Number.NaN, Number.NaN, 2, 60);
    const valued: ListTask = { ...task, shown: { ...task.shown, amounts } };
    const model = { support: 'feedback', supportLimit: 2 } as const;
    expect(listSupport([valued], model, options)(valued, 4).amounts).toEqual(Float32Array.of(Number.NaN, 2));
    expect(listSupport([task], model, options)(task, 4).amounts).toBeUndefined();
  });

  test('gives models of labels only ratings', () => {
    expect(support('labels', 5)).toEqual({ items: [1, 2], labels: [5, 2] });
  });

  test('gives models of positives what the user likes, each item once', () => {
    expect(support('positives', 5)).toEqual({ items: [7, 1, 3], labels: [1, 1, 1] });
  });

  test('adds a negative to each positive that the user has not interacted with, the same for every count', () => {
    const all = support('positivesAndNegatives', 5);
    expect(all.items.slice(0, 3)).toEqual([7, 1, 3]);
    expect(all.labels).toEqual([1, 1, 1, 0, 0, 0]);
    for (const negative of all.items.slice(3)) expect([7, 1, 2, 3]).not.toContain(negative);
    const few = support('positivesAndNegatives', 2);
    expect(few.items).toEqual([...all.items.slice(0, 2), ...all.items.slice(3, 5)]);
  });

  test.each([
    ['feedback', 2, [7, 3]],
    ['labels', 1, [2]],
    ['positives', 2, [1, 3]],
  ] as const)('passes the last pairs to a model of %s with a limit', (kind, limit, items) => {
    expect(support(kind, 5, limit).items).toEqual(items);
  });

  test('counts negatives in the limit', () => {
    expect(support('positivesAndNegatives', 5, 4).labels).toEqual([1, 1, 0, 0]);
  });

  test.each(['feedback', 'labels', 'positives', 'positivesAndNegatives'] as const)(
    'gives models of %s an empty support set when nothing is shown',
    (kind) => {
      expect(support(kind, 0)).toMatchObject({ items: [], labels: [] });
    },
  );
});
