import { describe, expect, test } from '@jest/globals';
import { allocateBatch, type BatchPairs } from '../../src/tasks/episode-batch.ts';
import { holdOut, markHeldOut, withoutHeldOut } from '../../src/tasks/held-out-pairs.ts';
import { randomSource } from '../../src/tasks/random.ts';
import {
  defaultEpisodes,
  type EpisodeOptions,
  queryPlaces,
  sampleEpisode,
  supportPlaces,
} from '../../src/tasks/sample-episode.ts';
import { SeenItems } from '../../src/tasks/seen-items.ts';
import type { Task } from '../../src/tasks/training-data.ts';
import { dataWithTasks } from './tasks-of.ts';

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

  test('decides alike for the same seed, and anew for another, also a neighbouring one', () => {
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

  test('tells a pair of rows from the same rows the other way round', () => {
    const isHeldOut = holdOut(0.5, 1);
    let differing = 0;
    for (let a = 0; a < 100; a++)
      for (let b = 0; b < a; b++) if (isHeldOut(a, b) !== isHeldOut(b, a)) differing++;
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

  test('leaves out every occurrence of a pair that is held out, and keeps the others in their order', () => {
    const kept = withoutHeldOut(repeated, (user, item) => user === 0 && item === 5);
    expect([...kept.users]).toEqual([1, 2, 1, 0]);
    expect([...kept.items]).toEqual([5, 6, 7, 6]);
    expect(kept.unknown).toBe(repeated.unknown);
  });

  test('keeps exactly what the tasks may show', () => {
    const isHeldOut = holdOut(0.4, 3);
    const task: Task = {
      users: Int32Array.from({ length: 200 }, (_, pair) => pair % 7),
      items: Int32Array.from({ length: 200 }, (_, pair) => pair % 11),
      labels: new Float32Array(200),
    };
    const { heldOut } = markHeldOut(task, isHeldOut);
    const shown = [...task.items.keys()].filter((pair) => heldOut?.[pair] === 0);
    const kept = withoutHeldOut({ users: task.users, items: task.items }, isHeldOut);
    expect([...kept.users]).toEqual(shown.map((pair) => task.users[pair]));
    expect([...kept.items]).toEqual(shown.map((pair) => task.items[pair]));
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.length).toBeLessThan(200);
  });
});

describe('markHeldOut', () => {
  test('reads the one user of a task of one, and the user of each pair of others', () => {
    const isHeldOut = (user: number, item: number) => user === 4 && item !== 2;
    const rest = { items: Int32Array.of(1, 2, 3), labels: new Float32Array(3) };
    expect(markHeldOut({ ...rest, users: Int32Array.of(4) }, isHeldOut).heldOut).toEqual(
      Uint8Array.of(1, 0, 1),
    );
    const ofMany = markHeldOut({ ...rest, users: Int32Array.of(4, 4, 5) }, isHeldOut);
    expect(ofMany.heldOut).toEqual(Uint8Array.of(1, 0, 0));
  });
});

describe('an episode of a task with held-out pairs', () => {
  /** Forty pairs, each third of them held out; the label of the item in row r is r + 0.5. */
  const own = Int32Array.from({ length: 40 }, (_, index) => index);
  const task: Task = {
    users: Int32Array.of(0),
    items: own,
    labels: Float32Array.from(own, (item) => item + 0.5),
    heldOut: Uint8Array.from(own, (item) => (item % 3 === 0 ? 1 : 0)),
  };
  const full: EpisodeOptions = { ...defaultEpisodes, shortSupportShare: 0 };

  function episodeOf(options: EpisodeOptions, seed = 1, of = task) {
    const size = {
      tasks: 1,
      support: supportPlaces(options),
      query: queryPlaces(options),
      userPerPair: false,
    };
    const batch = allocateBatch(size);
    const data = dataWithTasks([40, 80]);
    const source = { items: data.items.rows, seen: new SeenItems(data) };
    sampleEpisode(batch, of, options, randomSource(seed), source);
    return batch;
  }

  const itemsOf = ({ items: all, mask }: BatchPairs) => [...all].filter((_, pair) => mask[pair] === 1);

  test('predicts those alone, and shows the others alone', () => {
    const { support, query } = episodeOf(full);
    expect(itemsOf(query).toSorted((a, b) => a - b)).toEqual([...own].filter((item) => item % 3 === 0));
    expect(itemsOf(support).toSorted((a, b) => a - b)).toEqual([...own].filter((item) => item % 3 !== 0));
    for (const { items: all, labels, mask } of [support, query])
      for (const [pair, item] of all.entries()) if (mask[pair]) expect(labels[pair]).toBe(item + 0.5);
  });

  test('draws at random from both where there is less room', () => {
    const options = { ...full, queryPairs: 5, supportPairs: 6 };
    const [predicted, shown] = [new Set<number>(), new Set<number>()];
    for (let seed = 0; seed < 200; seed++) {
      const { support, query } = episodeOf(options, seed);
      expect([itemsOf(query).length, itemsOf(support).length]).toEqual([5, 6]);
      for (const item of itemsOf(query)) predicted.add(item);
      for (const item of itemsOf(support)) shown.add(item);
    }
    expect(predicted.size).toBe(14);
    expect(shown.size).toBe(26);
    expect([...predicted].every((item) => item % 3 === 0)).toBe(true);
  });

  test('with negatives, has one that nobody has beside each pair', () => {
    const { support, query } = episodeOf({ ...full, negatives: 'both', supportPairs: 10, queryPairs: 10 });
    for (const part of [support, query]) {
      const half = part.places / 2;
      expect(part.mask.every((mask) => mask === 1)).toBe(true);
      expect([...part.items.subarray(half)].every((item) => item >= 40)).toBe(true);
      expect([...part.labels.subarray(0, half)]).toEqual(new Array(half).fill(1));
      expect([...part.labels.subarray(half)]).toEqual(new Array(half).fill(0));
    }
  });

  test('predicts nothing where no pair is held out, and shows nothing where all are', () => {
    const none = episodeOf(full, 1, { ...task, heldOut: new Uint8Array(40) });
    expect([itemsOf(none.query).length, itemsOf(none.support).length]).toEqual([0, 40]);
    const all = episodeOf(full, 1, { ...task, heldOut: new Uint8Array(40).fill(1) });
    expect([itemsOf(all.query).length, itemsOf(all.support).length]).toEqual([30, 0]);
    expect([none.filled, all.filled]).toEqual([1, 1]);
  });
});
