import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { drawHeldOut, holdOut, markHeldOut, splitTasks, withoutHeldOut } from '../../src/tasks/held-out.ts';
import { randomSource } from '../../src/tasks/random.ts';
import type { Task } from '../../src/tasks/training-data.ts';
import { dataWithTasks } from './tasks-of.ts';

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `u${index}`);
const drawn = async (ids: readonly string[], share = 0.1) =>
  Array.from(await drawHeldOut(ids, share), (index) => ids[index] as string);

describe('drawHeldOut', () => {
  test('holds out about the share of many tasks', async () => {
    // A binomial of 20,000 at 0.1 has a deviation of 42.
    expect((await drawn(numbered(20_000))).length).toBeGreaterThan(2000 - 5 * 42);
    expect((await drawn(numbered(20_000))).length).toBeLessThan(2000 + 5 * 42);
  });

  test('holds out the same tasks regardless of their order and of added tasks', async () => {
    const before = await drawn(numbered(1000));
    const more = [...numbered(3000)].reverse();
    const known = new Set(numbered(1000));
    const after = await drawn(more);
    expect(after.filter((id) => known.has(id))).toEqual(before);
  });

  test('orders the held-out tasks at random, not by their index', async () => {
    const places = Array.from(await drawHeldOut(numbered(20_000), 0.1)).slice(0, 100);
    const mean = places.reduce((sum, place) => sum + place, 0) / 100;
    // The mean of 100 places out of 20,000 has a deviation of 577.
    expect(Math.abs(mean - 10_000)).toBeLessThan(5 * 577);
  });

  test('holds out none of fewer than five tasks, at least one of more, and at most a quarter', async () => {
    const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(ids, fc.double({ min: 0, max: 1, noNaN: true }), async (tasks, share) => {
        const held = await drawn(tasks, share);
        expect(new Set(held).size).toBe(held.length);
        if (tasks.length < 5) expect(held).toEqual([]);
        else expect(held.length).toBeGreaterThanOrEqual(1);
        expect(held.length).toBeLessThanOrEqual(tasks.length / 4);
      }),
    );
  });
});

const data = dataWithTasks([20, 12, 13, 50, 1, 30, 40, 13]);
const split = (seed: number, validationShare = 0.5) =>
  splitTasks(data, { minimumPairs: 13, validationShare }, randomSource(seed));

describe('splitTasks', () => {
  test('puts every task with enough pairs in exactly one part', () => {
    const { training, validation } = split(1);
    expect([...training, ...validation].toSorted()).toEqual([0, 2, 3, 5, 6, 7]);
    expect(validation).toHaveLength(3);
  });

  test('splits the same way for the same seed', () => {
    expect(split(3)).toEqual(split(3));
    const kinds = new Set([1, 2, 3, 4, 5, 6].map((seed) => split(seed).validation.toSorted().join()));
    expect(kinds.size).toBeGreaterThan(1);
  });

  test('has no validation tasks if the share is 0', () => {
    expect(split(1, 0)).toMatchObject({ validation: new Int32Array(0) });
  });
});

const [users, items] = [100, 100];

function shareOf(isHeldOut: (user: number, item: number) => boolean): number {
  let count = 0;
  for (let user = 0; user < users; user++)
    for (let item = 0; item < items; item++) count += isHeldOut(user, item) ? 1 : 0;
  return count / (users * items);
}

describe('holdOut', () => {
  test.each([0.1, 0.3, 0.5, 0.9])('holds out a share of %f of all pairs', (share) => {
    // Five standard deviations of a binomial of 10,000 draws.
    const deviation = 5 * Math.sqrt((share * (1 - share)) / (users * items));
    expect(Math.abs(shareOf(holdOut(share, 1)) - share)).toBeLessThan(deviation);
  });

  test('holds out no pair with a share of 0', () => {
    expect(shareOf(holdOut(0, 1))).toBe(0);
  });

  test('holds out about that share of the pairs of each user and of each item', () => {
    const isHeldOut = holdOut(0.3, 7);
    const rows = [...Array(users).keys()];
    // Five standard deviations of a binomial of 100 draws: 5·√(100·0.3·0.7) = 23.
    for (const row of rows) {
      const ofUser = rows.filter((item) => isHeldOut(row, item)).length;
      const ofItem = rows.filter((user) => isHeldOut(user, row)).length;
      expect(Math.abs(ofUser - 30)).toBeLessThan(23);
      expect(Math.abs(ofItem - 30)).toBeLessThan(23);
    }
  });

  test('decides the same for the same seed and independently for a neighboring seed', () => {
    const [first, same, other] = [holdOut(0.5, 1), holdOut(0.5, 1), holdOut(0.5, 2)];
    let [agreeing, differing] = [0, 0];
    for (let user = 0; user < users; user++) {
      for (let item = 0; item < items; item++) {
        if (first(user, item) === same(user, item)) agreeing++;
        if (first(user, item) !== other(user, item)) differing++;
      }
    }
    expect(agreeing).toBe(users * items);
    // Five standard deviations of a binomial of 10,000 draws: 5·√2500.
    expect(Math.abs(differing - 5000)).toBeLessThan(250);
  });

  test('decides independently for a pair of rows and the reversed pair', () => {
    const isHeldOut = holdOut(0.5, 1);
    let differing = 0;
    for (let a = 0; a < 100; a++) for (let b = 0; b < a; b++) if (isHeldOut(a, b) !== isHeldOut(b, a)) differing++;
    // Five standard deviations of a binomial of 4,950 draws.
    expect(Math.abs(differing - 2475)).toBeLessThan(176);
  });
});

describe('withoutHeldOut', () => {
  const repeated = {
    users: Int32Array.of(0, 1, 0, 2, 1, 0),
    items: Int32Array.of(5, 5, 5, 6, 7, 6),
    unknown: { users: Uint8Array.of(0, 0, 1), items: Uint8Array.of(1) },
  };

  test('leaves out every occurrence of a held-out pair, and keeps the others in order', () => {
    const kept = withoutHeldOut(repeated, (user, item) => user === 0 && item === 5);
    expect([...kept.users]).toEqual([1, 2, 1, 0]);
    expect([...kept.items]).toEqual([5, 6, 7, 6]);
    expect(kept.unknown).toBe(repeated.unknown);
  });

  test('keeps exactly the pairs that can be in support sets', () => {
    const isHeldOut = holdOut(0.4, 3);
    const task: Task = {
      users: Int32Array.from({ length: 200 }, (_, pair) => pair % 7),
      items: Int32Array.from({ length: 200 }, (_, pair) => pair % 11),
      labels: new Float32Array(200),
    };
    const { heldOut } = markHeldOut(task, isHeldOut);
    const support = [...task.items.keys()].filter((pair) => heldOut?.[pair] === 0);
    const kept = withoutHeldOut({ users: task.users, items: task.items }, isHeldOut);
    expect([...kept.users]).toEqual(support.map((pair) => task.users[pair]));
    expect([...kept.items]).toEqual(support.map((pair) => task.items[pair]));
    expect(support.length).toBeGreaterThan(0);
    expect(support.length).toBeLessThan(200);
  });
});

describe('markHeldOut', () => {
  test('uses the single user of a user task, and the user of each pair of other tasks', () => {
    const isHeldOut = (user: number, item: number) => user === 4 && item !== 2;
    const rest = { items: Int32Array.of(1, 2, 3), labels: new Float32Array(3) };
    expect(markHeldOut({ ...rest, users: Int32Array.of(4) }, isHeldOut).heldOut).toEqual(Uint8Array.of(1, 0, 1));
    const ofMany = markHeldOut({ ...rest, users: Int32Array.of(4, 4, 5) }, isHeldOut);
    expect(ofMany.heldOut).toEqual(Uint8Array.of(1, 0, 0));
  });
});
