import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { allocateBatch, type BatchPairs, type EpisodeBatch } from '../../src/tasks/episode-batch.ts';
import { defaultEpisodes, type EpisodeOptions, queryPlaces, supportPlaces } from '../../src/tasks/episode-options.ts';
import { type NegativeSource, SeenItems } from '../../src/tasks/negatives.ts';
import { randomSource } from '../../src/tasks/random.ts';
import { sampleEpisode, sampleEpoch } from '../../src/tasks/sample-episode.ts';
import type { Task } from '../../src/tasks/training-data.ts';
import { dataWithTasks } from './tasks-of.ts';

const full: EpisodeOptions = { ...defaultEpisodes, queryPairs: 10, queryShare: 1, shortSupportShare: 0 };

/** The label of the item in row r is r + 0.5, so a label that is given to another item is found. */
function taskOf(length: number): Task {
  const items = Int32Array.from({ length }, (_, index) => index);
  return { users: Int32Array.of(7), items, labels: Float32Array.from(items, (item) => item + 0.5) };
}

function episodeOf(task: Task, options: EpisodeOptions, seed = 1, source?: NegativeSource): EpisodeBatch {
  const batch = allocateBatch({
    tasks: 1,
    support: supportPlaces(options),
    query: queryPlaces(options),
    userPerPair: task.users.length > 1,
  });
  sampleEpisode(batch, task, options, randomSource(seed), source);
  return batch;
}

function itemsOf({ items, mask }: BatchPairs): number[] {
  return [...items].filter((_, pair) => mask[pair] === 1);
}

describe('sampleEpisode', () => {
  test('divides the pairs into support and query set, each pair with its own label', () => {
    fc.assert(
      fc.property(fc.integer({ min: 13, max: 100 }), fc.integer(), (length, seed) => {
        const { support, query } = episodeOf(taskOf(length), full, seed);
        const known = itemsOf(support);
        const all = [...known, ...query.items].toSorted((a, b) => a - b);
        expect(all).toEqual([...taskOf(length).items]);
        expect([...support.labels.slice(0, known.length)]).toEqual(known.map((item) => item + 0.5));
        expect([...query.labels]).toEqual([...query.items].map((item) => item + 0.5));
      }),
    );
  });

  test('draws from all pairs of a task with more pairs than places', () => {
    const drawn = new Set<number>();
    for (let seed = 0; seed < 200; seed++) {
      const { support, query } = episodeOf(taskOf(200), full, seed);
      for (const item of [...itemsOf(support), ...query.items]) drawn.add(item);
      expect(itemsOf(support)).toHaveLength(90);
      expect(new Set([...itemsOf(support), ...query.items]).size).toBe(100);
    }
    expect(drawn.size).toBe(200);
  });

  test('masks the places that a task with few pairs does not fill', () => {
    const episode = episodeOf(taskOf(13), full);
    expect([...episode.support.mask]).toEqual([1, 1, 1, ...new Array(87).fill(0)]);
    expect(episode.filled).toBe(1);
    expect([episode.support.users[0], episode.query.users[0]]).toEqual([7, 7]);
  });

  test('limits the query set to the given share of the pairs and to its places', () => {
    const sizes = (length: number, queryShare: number) => {
      const { support, query } = episodeOf(taskOf(length), { ...full, queryShare });
      return [itemsOf(query).length, itemsOf(support).length];
    };
    expect(sizes(13, 0.5)).toEqual([6, 7]);
    expect(sizes(19, 0.5)).toEqual([9, 10]);
    expect(sizes(20, 0.5)).toEqual([10, 10]);
    expect(sizes(60, 0.5)).toEqual([10, 50]);
    expect(sizes(13, 0.25)).toEqual([3, 10]);
    expect(sizes(13, 1)).toEqual([10, 3]);
    expect(sizes(5, 1)).toEqual([5, 0]);
  });

  test('gives the same episode for the same seed, and another for another seed', () => {
    const queries = [5, 5, 6].map((seed) => [...episodeOf(taskOf(50), full, seed).query.items]);
    expect(queries[0]).toEqual(queries[1]);
    expect(queries[0]).not.toEqual(queries[2]);
  });

  test('cuts the given share of the support sets short, down to none', () => {
    const options = { ...full, shortSupportShare: 0.5, shortSupportPairs: 4 };
    const sizes = Array.from(
      { length: 1000 },
      (_, seed) => itemsOf(episodeOf(taskOf(50), options, seed).support).length,
    );
    const short = sizes.filter((size) => size <= 4);
    // Five standard deviations of a binomial of 1,000 draws: 5·√250.
    expect(Math.abs(short.length - 500)).toBeLessThan(79);
    expect(new Set(short)).toEqual(new Set([0, 1, 2, 3, 4]));
    expect(sizes.filter((size) => size > 4).every((size) => size === 40)).toBe(true);
  });

  test('the query set does not depend on the share that is cut short', () => {
    const cut = episodeOf(taskOf(50), { ...full, shortSupportShare: 1 });
    expect([...cut.query.items]).toEqual([...episodeOf(taskOf(50), full).query.items]);
  });
});

describe('sampleEpisode with negatives', () => {
  /** Sixty users, where user u has the items 0 to u, and a scenario of the items 10 to 49. */
  const data = dataWithTasks(Array.from({ length: 60 }, (_, user) => user + 1));
  const source = { items: data.items.rows, seen: new SeenItems(data) };
  const inScenario = (item: number) => item >= 10 && item < 50;
  const pairs = data.tasks.flatMap(({ users, items }) =>
    [...items].filter(inScenario).map((item) => [users[0] as number, item] as const),
  );
  const scenario: Task = {
    users: Int32Array.from(pairs, ([user]) => user),
    items: Int32Array.from(pairs, ([, item]) => item),
    labels: new Float32Array(pairs.length).fill(4),
    candidates: Int32Array.from({ length: 40 }, (_, index) => 10 + index),
  };
  const options: EpisodeOptions = { ...full, supportPairs: 20, queryPairs: 30, negatives: 'both' };

  test('gives each positive an item of the task that the same user has not seen', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { support, query } = episodeOf(scenario, options, seed, source);
      for (const part of [support, query]) {
        const half = part.places / 2;
        for (let pair = 0; pair < half; pair++) {
          if (part.mask[pair] === 0) continue;
          const [user, negative] = [part.users[pair] as number, part.items[half + pair] as number];
          expect(part.users[half + pair]).toBe(user);
          expect(source.seen.has(user, part.items[pair] as number)).toBe(true);
          expect(source.seen.has(user, negative)).toBe(false);
          expect(inScenario(negative)).toBe(true);
          expect([part.labels[pair], part.labels[half + pair]]).toEqual([1, 0]);
          expect(part.mask[half + pair]).toBe(1);
        }
      }
    }
  });

  test('leaves out pairs of users who have seen every item of the task', () => {
    const { query } = episodeOf(scenario, options, 1, source);
    const positives = query.mask.subarray(0, 30).reduce((sum, mask) => sum + mask, 0);
    expect(positives).toBeLessThan(30);
    expect(positives).toBeGreaterThan(0);
    for (const [pair, user] of query.users.entries()) if (query.mask[pair] === 1) expect(user).toBeLessThan(49);
  });

  test('has only positives in the support set if negatives are for the query set', () => {
    const { support, query } = episodeOf(scenario, { ...options, negatives: 'query' }, 1, source);
    expect(support.places).toBe(20);
    expect(new Set(support.labels)).toEqual(new Set([1]));
    expect(itemsOf(query).length).toBeGreaterThan(30);
  });

  test('draws from all items if a task has no candidates', () => {
    const { users, items, labels } = data.tasks[20] as Task;
    const narrow = { ...options, supportPairs: 5, queryPairs: 5 };
    const drawn = new Set<number>();
    for (let seed = 0; seed < 100; seed++) {
      const { query } = episodeOf({ users, items, labels }, narrow, seed, source);
      for (const item of query.items.subarray(5)) drawn.add(item);
    }
    expect([...drawn].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 39 }, (_, index) => 21 + index));
  });
});

describe('sampleEpoch', () => {
  const data = dataWithTasks([100, 20, 30, 40, 50]);
  const size = { tasks: 2, support: 90, query: 10, userPerPair: false };
  const pairsOf = ({ mask }: BatchPairs) => mask.reduce((sum, one) => sum + one, 0);
  const batchesOf = (tasks: number[], options: Partial<EpisodeOptions> = {}) =>
    sampleEpoch(allocateBatch(size), data, Int32Array.from(tasks), { ...full, ...options }, randomSource(1));

  test('gives one episode for each task, in order, and pads the last batch', () => {
    const batches = Array.from(batchesOf([4, 0, 3, 1, 2], { shortSupportShare: 0.5 }), ({ filled, query }) => ({
      users: [...query.users.subarray(0, filled)],
      pairs: pairsOf(query),
    }));
    expect(batches).toEqual([
      { users: [4, 0], pairs: 20 },
      { users: [3, 1], pairs: 20 },
      { users: [2], pairs: 10 },
    ]);
  });

  test('clears the masks of the batch before', () => {
    const sizes = Array.from(batchesOf([0, 4, 1]), ({ support }) => pairsOf(support));
    expect(sizes).toEqual([90 + 40, 10]);
  });

  test('refuses a task that does not exist', () => {
    expect(() => [...batchesOf([5])]).toThrow('Expected a task below 5, got 5.');
  });
});
