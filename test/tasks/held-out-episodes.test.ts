import { describe, expect, test } from '@jest/globals';
import { allocateBatch, type BatchPairs } from '../../src/tasks/episode-batch.ts';
import { defaultEpisodes, type EpisodeOptions, queryPlaces, supportPlaces } from '../../src/tasks/episode-options.ts';
import { SeenItems } from '../../src/tasks/negatives.ts';
import { randomSource } from '../../src/tasks/random.ts';
import { sampleEpisode } from '../../src/tasks/sample-episode.ts';
import type { Task } from '../../src/tasks/training-data.ts';
import { dataWithTasks } from './tasks-of.ts';

describe('an episode of a task with held-out pairs', () => {
  /** Forty pairs, of which every third is held out. The label of the item in row r is r + 0.5. */
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

  test('has the held-out pairs in the query set and all others in the support set', () => {
    const { support, query } = episodeOf(full);
    expect(itemsOf(query).toSorted((a, b) => a - b)).toEqual([...own].filter((item) => item % 3 === 0));
    expect(itemsOf(support).toSorted((a, b) => a - b)).toEqual([...own].filter((item) => item % 3 !== 0));
    for (const { items: all, labels, mask } of [support, query])
      for (const [pair, item] of all.entries()) if (mask[pair]) expect(labels[pair]).toBe(item + 0.5);
  });

  test('draws at random from both if there are more pairs than places', () => {
    const options = { ...full, queryPairs: 5, supportPairs: 6 };
    const [inQuery, inSupport] = [new Set<number>(), new Set<number>()];
    for (let seed = 0; seed < 200; seed++) {
      const { support, query } = episodeOf(options, seed);
      expect([itemsOf(query).length, itemsOf(support).length]).toEqual([5, 6]);
      for (const item of itemsOf(query)) inQuery.add(item);
      for (const item of itemsOf(support)) inSupport.add(item);
    }
    expect(inQuery.size).toBe(14);
    expect(inSupport.size).toBe(26);
    expect([...inQuery].every((item) => item % 3 === 0)).toBe(true);
  });

  test('gives each pair a negative that no user has interacted with', () => {
    const { support, query } = episodeOf({ ...full, negatives: 'both', supportPairs: 10, queryPairs: 10 });
    for (const part of [support, query]) {
      const half = part.places / 2;
      expect(part.mask.every((mask) => mask === 1)).toBe(true);
      expect([...part.items.subarray(half)].every((item) => item >= 40)).toBe(true);
      expect([...part.labels.subarray(0, half)]).toEqual(new Array(half).fill(1));
      expect([...part.labels.subarray(half)]).toEqual(new Array(half).fill(0));
    }
  });

  test('has an empty query set if no pair is held out, and an empty support set if all are', () => {
    const none = episodeOf(full, 1, { ...task, heldOut: new Uint8Array(40) });
    expect([itemsOf(none.query).length, itemsOf(none.support).length]).toEqual([0, 40]);
    const all = episodeOf(full, 1, { ...task, heldOut: new Uint8Array(40).fill(1) });
    expect([itemsOf(all.query).length, itemsOf(all.support).length]).toEqual([30, 0]);
    expect([none.filled, all.filled]).toEqual([1, 1]);
  });
});
