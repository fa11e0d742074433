import { describe, expect, test } from '@jest/globals';
import { allocateBatch } from '../../src/tasks/episode-batch.ts';
import { randomSource } from '../../src/tasks/random.ts';
import { defaultEpisodes, type EpisodeOptions } from '../../src/tasks/sample-episode.ts';
import { sampleEpoch } from '../../src/tasks/sample-epoch.ts';
import { dataWithTasks } from './tasks-of.ts';

const data = dataWithTasks([100, 20, 30, 40, 50]);
const episodes: EpisodeOptions = { ...defaultEpisodes, queryPairs: 10, queryShare: 1 };
const size = { tasks: 2, support: 90, query: 10, userPerPair: false };

function epoch(tasks: number[]) {
  const batch = allocateBatch(size);
  const batches = sampleEpoch(batch, data, Int32Array.from(tasks), episodes, randomSource(1));
  return Array.from(batches, ({ filled, query }) => ({
    users: [...query.users.subarray(0, filled)],
    pairs: query.mask.reduce((sum, mask) => sum + mask, 0),
  }));
}

describe('sampleEpoch', () => {
  test('gives one episode a task, in order, and pads the last batch', () => {
    expect(epoch([4, 0, 3, 1, 2])).toEqual([
      { users: [4, 0], pairs: 20 },
      { users: [3, 1], pairs: 20 },
      { users: [2], pairs: 10 },
    ]);
  });

  test('leaves nothing of an earlier batch unmasked', () => {
    const batch = allocateBatch(size);
    const options = { ...episodes, shortSupportShare: 0 };
    const sizes = Array.from(
      sampleEpoch(batch, data, Int32Array.of(0, 4, 1), options, randomSource(1)),
      ({ support }) => support.mask.reduce((sum, mask) => sum + mask, 0),
    );
    expect(sizes).toEqual([90 + 40, 10]);
  });

  test('refuses a task that there is not', () => {
    expect(() => epoch([5])).toThrow('Expected a task below 5, got 5.');
  });
});
