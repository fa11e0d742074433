import { describe, expect, test } from '@jest/globals';
import { typeIndex } from '../../src/features/interaction-types.ts';
import { ListBatch, type ListBatchOptions } from '../../src/tasks/list-batch.ts';
import { randomSource } from '../../src/tasks/random.ts';
import type { Task } from '../../src/tasks/training-data.ts';

const [rate, view] = [typeIndex('RATE'), typeIndex('VIEW')];
const catalog = {
  ids: Int32Array.from({ length: 10 }, (_, row) => row + 1),
  counts: Float32Array.from({ length: 10 }, (_, row) => row),
};
/** Every episode shows no interaction, and nothing is left out. */
const hidden: ListBatchOptions = {
  shortSupportShare: 1,
  shortSupportPairs: 0,
  supportDropout: 0,
  idDropout: 0,
  profileDropout: 0,
  laterShare: 1,
  positiveFrom: 4,
  amountScales: [],
};
/** Every episode shows from 20% to 90% of the interactions. */
const shown = { ...hidden, shortSupportShare: 0 };
const places = { tasks: 2, support: 6, items: 10, ordered: 0 };

/** Items 2 and 4 are liked, 6 is disliked, 8 is seen, and 2 is seen again. */
const task: Task = {
  users: Int32Array.of(7),
  items: Int32Array.of(2, 4, 6, 8, 2),
  labels: Float32Array.of(5, 4, 3, 0, 0),
  types: Uint8Array.of(rate, rate, rate, view, view),
};

function filled(options: ListBatchOptions, seed: number, tasks: readonly Task[] = [task], sizes = places): ListBatch {
  const batch = new ListBatch(sizes, catalog, options);
  batch.fill(tasks, randomSource(seed));
  return batch;
}

describe('a batch of episodes that show nothing', () => {
  const batch = filled(hidden, 1);

  test('has every positive item as a target, once, and no disliked one', () => {
    // Three targets: 2, 4 and 8. Their weights sum to a quarter of √3.
    const weight = expect.closeTo(0.25 / Math.sqrt(3), 6);
    expect([...batch.targets.subarray(0, 10)]).toEqual([0, 0, weight, 0, weight, 0, 0, 0, weight, 0]);
    expect(batch.supportCounts[0]).toBe(0);
    expect([...batch.supportMask]).toEqual(Array(12).fill(0));
    expect(batch.users[0]).toBe(7);
    expect(batch.profileMask[0]).toBe(1);
  });

  test('has padding without targets, support pairs and profile, also after a full batch', () => {
    const refilled = new ListBatch(places, catalog, shown);
    const random = randomSource(1);
    refilled.fill([task, task], random);
    expect([...refilled.targets.subarray(10)].some((target) => target !== 0)).toBe(true);
    refilled.fill([task], random);
    for (const { targets, supportMask, supportCounts, profileMask } of [batch, refilled]) {
      expect([...targets.subarray(10)]).toEqual(Array(10).fill(0));
      expect([...supportMask.subarray(6)]).toEqual(Array(6).fill(0));
      expect([supportCounts[1], profileMask[1]]).toEqual([0, 0]);
    }
  });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'shown items do not compete, and positives that are not shown are targets (seed %i)',
  (seed) => {
    const { supportItems, supportCounts, supportTypes, supportLabels, supportMask, targets } = filled(shown, seed);
    const count = supportCounts[0] as number;
    // Of five interactions, 20% to 90% are one to four.
    expect(count).toBeGreaterThanOrEqual(1);
    expect(count).toBeLessThanOrEqual(4);
    const items = [...supportItems.subarray(0, count)];
    const found = [2, 4, 8].filter((item) => !items.includes(item));
    for (let item = 0; item < 10; item++) {
      const weight = found.includes(item) ? 0.25 / Math.sqrt(found.length) : 0;
      expect(targets[item]).toBeCloseTo(items.includes(item) ? -1 : weight, 6);
    }
    expect([...supportMask.subarray(0, 6)]).toEqual(Array.from({ length: 6 }, (_, at) => (at < count ? 1 : 0)));
    // Each pair keeps its own type and rating.
    for (let at = 0; at < count; at++) {
      const pair = [...task.items.keys()].find(
        (index) => task.items[index] === items[at] && task.types?.[index] === supportTypes[at],
      ) as number;
      expect(supportLabels[at]).toBe(task.labels[pair]);
    }
  },
);

test('interactions of tasks without types are ratings', () => {
  const { types: _, ...ratings } = task;
  const { targets } = filled(hidden, 1, [ratings]);
  // The latest rating of item 2 is 0, so item 4 is the only target.
  expect([...targets.subarray(0, 10)]).toEqual([0, 0, 0, 0, 0.25, 0, 0, 0, 0, 0]);
});

test('an item that was viewed and then rated low is not a target', () => {
  const disliked = {
    users: Int32Array.of(7),
    items: Int32Array.of(2, 2, 4),
    labels: Float32Array.of(0, 1, 0),
    types: Uint8Array.of(view, rate, view),
  };
  const { targets } = filled(hidden, 1, [disliked]);
  expect([...targets.subarray(0, 10)]).toEqual([0, 0, 0, 0, 0.25, 0, 0, 0, 0, 0]);
});

test('a support set with more pairs than places is cut, but all of its items count as shown', () => {
  const long: Task = {
    ...task,
    items: Int32Array.from({ length: 10 }, (_, item) => item),
    labels: new Float32Array(10).fill(5),
    types: new Uint8Array(10),
  };
  const cut = { ...places, support: 1 };
  const { supportCounts, targets } = filled(shown, 3, [long], cut);
  const negative = [...targets.subarray(0, 10)].filter((target) => target === -1).length;
  expect(supportCounts[0]).toBe(1);
  expect(negative).toBeGreaterThan(1);
});

test('amounts are standardized by the scale of their type', () => {
  const amounts = Float32Array.of(Number.NaN, Number.NaN, Number.NaN, 30, Number.NaN);
  const { supportItems, supportAmounts, supportCounts } = filled(
    {
      ...shown,
      amountScales: [
        { mean: 1, deviation: 1 },
        { mean: 20, deviation: 5 },
      ],
    },
    2,
    [{ ...task, amounts }],
  );
  const count = supportCounts[0] as number;
  const items = [...supportItems.subarray(0, count)];
  expect(items).toContain(8);
  expect([...supportAmounts.subarray(0, count)]).toEqual(items.map((item) => (item === 8 ? 2 : 0)));
});

test('the same seed gives the same batch, and another seed another one', () => {
  const options = { ...shown, supportDropout: 0.5, idDropout: 0.5 };
  const numbers = ({ targets, ids, supportItems, supportMask }: ListBatch) => [targets, ids, supportItems, supportMask];
  expect(numbers(filled(options, 5, [task, task]))).toEqual(numbers(filled(options, 5, [task, task])));
  expect(numbers(filled(options, 5, [task, task]))).not.toEqual(numbers(filled(options, 6, [task, task])));
});

test('dropout leaves out its share of IDs, profiles and support pairs, and the expected sum of the mask is the count', () => {
  const options = { ...shown, supportDropout: 0.4, idDropout: 0.3, profileDropout: 0.2 };
  const batch = new ListBatch(places, catalog, options);
  const random = randomSource(11);
  const fills = 4000;
  let [ids, profiles, pairs, mask, left] = [0, 0, 0, 0, 0];
  for (let fill = 0; fill < fills; fill++) {
    batch.fill([task], random);
    ids += batch.ids.filter((id) => id === 0).length;
    profiles += batch.profileMask[0] as number;
    const count = batch.supportCounts[0] as number;
    pairs += count;
    const own = batch.supportMask.subarray(0, count);
    left += own.filter((weight) => weight === 0).length;
    mask += own.reduce((sum, weight) => sum + weight, 0);
    for (const [at, id] of batch.ids.entries()) expect([0, at + 1]).toContain(id);
  }
  expect(ids / (10 * fills)).toBeCloseTo(0.3, 1);
  expect(profiles / fills).toBeCloseTo(0.8, 1);
  expect(left / pairs).toBeCloseTo(0.4, 1);
  expect(mask / pairs).toBeCloseTo(1, 1);
});

test('the items to order are targets first, then negatives, and shown items take no part', () => {
  const sizes = { ...places, ordered: 8 };
  for (let seed = 0; seed < 20; seed++) {
    const { targets, orderedItems, orderedTargets, orderedLogOdds } = filled(shown, seed, [task], sizes);
    // At most a quarter of the places is for targets.
    const found = [...orderedTargets.subarray(0, 8)].filter((target) => target > 0).length;
    expect(found).toBe(Math.min(2, [...targets.subarray(0, 10)].filter((target) => target > 0).length));
    for (let at = 0; at < 8; at++) {
      const target = targets[orderedItems[at] as number] as number;
      expect(orderedTargets[at]).toBe(at < found ? target : target === 0 ? 0 : -1);
      expect(orderedLogOdds[at]).toBeLessThanOrEqual(0);
    }
    expect([...orderedTargets.subarray(8)]).toEqual(Array(8).fill(0));
  }
});

test('positions refer to the sample if the catalog does not fit', () => {
  const sizes = { ...places, items: 8 };
  for (let seed = 0; seed < 20; seed++) {
    const { items, ids, targets, supportItems, supportCounts } = filled(shown, seed, [task], sizes);
    expect([...items]).toEqual(expect.arrayContaining([2, 4, 8].filter((item) => items.includes(item))));
    for (const [at, item] of items.entries()) expect(ids[at]).toBe(item + 1);
    const count = supportCounts[0] as number;
    const shownItems = [...supportItems.subarray(0, count)].map((position) => items[position] as number);
    for (const item of shownItems) expect([...task.items]).toContain(item);
    const found = [...items].filter((_, at) => (targets[at] as number) > 0);
    expect(found.sort()).toEqual([2, 4, 8].filter((item) => !shownItems.includes(item)).sort());
  }
});

describe('a batch of episodes that follow the time', () => {
  const day = 24 * 60 * 60 * 1000;
  const timed: Task = {
    users: Int32Array.of(7),
    items: Int32Array.from({ length: 10 }, (_, item) => item),
    labels: new Float32Array(10).fill(5),
    times: Float64Array.from({ length: 10 }, (_, item) => 2 * item * day),
  };

  test('shows the latest interactions before a moment with their ages, as many as there are places', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { supportItems, supportAges, supportCounts, targets } = filled(shown, seed, [timed], {
        ...places,
        support: 3,
      });
      const count = supportCounts[0] as number;
      const latest = [...targets.subarray(0, 10)].lastIndexOf(-1);
      expect([...supportItems.subarray(0, count)]).toEqual([latest, latest - 1, latest - 2].slice(0, count));
      expect([...supportAges.subarray(0, count)]).toEqual([0, 2, 4].slice(0, count));
      expect(count).toBeLessThanOrEqual(3);
    }
  });

  test('has targets after this moment, and nothing before it competes', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { supportItems, targets } = filled(shown, seed, [timed]);
      const latest = supportItems[0] as number;
      for (const [item, target] of targets.subarray(0, 10).entries()) {
        if (item > latest) expect(target).toBeGreaterThan(0);
        else expect(target).toBe(-1);
      }
    }
  });
});
