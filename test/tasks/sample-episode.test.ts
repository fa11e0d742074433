import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { allocateBatch, type EpisodeBatch } from '../../src/tasks/episode-batch.ts';
import { randomSource } from '../../src/tasks/random.ts';
import { defaultEpisodes, type EpisodeOptions, sampleEpisode } from '../../src/tasks/sample-episode.ts';
import type { History } from '../../src/tasks/training-data.ts';

const full: EpisodeOptions = { ...defaultEpisodes, shortSupportShare: 0 };

/** The label of the item in row r is r + 0.5, so that pairs which come apart are seen. */
function historyOf(length: number): History {
  const items = Int32Array.from({ length }, (_, index) => index);
  return { user: 7, items, labels: Float32Array.from(items, (item) => item + 0.5) };
}

function episodeOf(history: History, options: EpisodeOptions, seed = 1): EpisodeBatch {
  const batch = allocateBatch({ tasks: 1, support: 90, query: 10 });
  sampleEpisode(batch, history, options, randomSource(seed));
  return batch;
}

function supportOf({ supportItems, supportMask }: EpisodeBatch): number[] {
  return [...supportItems].filter((_, pair) => supportMask[pair] === 1);
}

describe('sampleEpisode', () => {
  test('divides a history into support and query set, each pair with its own label', () => {
    fc.assert(
      fc.property(fc.integer({ min: 13, max: 100 }), fc.integer(), (length, seed) => {
        const episode = episodeOf(historyOf(length), full, seed);
        const support = supportOf(episode);
        const all = [...support, ...episode.queryItems].toSorted((a, b) => a - b);
        expect(all).toEqual([...historyOf(length).items]);
        expect([...episode.supportLabels.slice(0, support.length)]).toEqual(
          support.map((item) => item + 0.5),
        );
        expect([...episode.queryLabels]).toEqual([...episode.queryItems].map((item) => item + 0.5));
      }),
    );
  });

  test('takes the first hundred interactions of a longer history', () => {
    const episode = episodeOf(historyOf(500), full);
    expect(Math.max(...supportOf(episode), ...episode.queryItems)).toBe(99);
  });

  test('leaves room beyond a short history masked', () => {
    const episode = episodeOf(historyOf(13), full);
    expect([...episode.supportMask]).toEqual([1, 1, 1, ...new Array(87).fill(0)]);
    expect(episode).toMatchObject({ filled: 1 });
    expect(episode.users[0]).toBe(7);
  });

  test('gives the same episode for the same seed, and others for others', () => {
    const queries = [5, 5, 6].map((seed) => [...episodeOf(historyOf(50), full, seed).queryItems]);
    expect(queries[0]).toEqual(queries[1]);
    expect(queries[0]).not.toEqual(queries[2]);
  });

  test('cuts support sets short for the share asked for, down to none', () => {
    const options = { ...full, shortSupportShare: 0.5, shortSupportPairs: 4 };
    const sizes = Array.from(
      { length: 1000 },
      (_, seed) => supportOf(episodeOf(historyOf(50), options, seed)).length,
    );
    const short = sizes.filter((size) => size <= 4);
    // Five standard deviations of a binomial of 1,000 draws: 5·√250.
    expect(Math.abs(short.length - 500)).toBeLessThan(79);
    expect(new Set(short)).toEqual(new Set([0, 1, 2, 3, 4]));
    expect(sizes.filter((size) => size > 4).every((size) => size === 40)).toBe(true);
  });

  test('keeps the query set of a seed whatever share is cut short', () => {
    const cut = episodeOf(historyOf(50), { ...full, shortSupportShare: 1 });
    expect([...cut.queryItems]).toEqual([...episodeOf(historyOf(50), full).queryItems]);
  });
});
