import { describe, expect, test } from '@jest/globals';
import { evaluateRatings, evaluateRatingsAtSizes } from '../../src/evaluation/evaluate-ratings.ts';
import type { EncodedFeatures } from '../../src/features/encode-features.ts';
import type { Adaptation, Embeddings, Recommender } from '../../src/models/recommender.ts';
import { tasteEpisodes as episodes, tasteData } from '../training/taste-data.ts';

const data = tasteData(20, 3);

/** A recommender that knows taste data: an item's embedding is its genre, 1 or 2, and it scores by `rule`. */
function knowing(rule: (adaptation: Adaptation, genre: number) => number): Recommender {
  const embed = async ({ rows, indices }: EncodedFeatures): Promise<Embeddings> => ({
    rows,
    width: 1,
    data: Float32Array.from(indices),
  });
  return {
    kind: 'knowing',
    schema: data.schema,
    supportLimit: 90,
    support: 'labels',
    predictsLabels: true,
    embedUsers: embed,
    embedItems: embed,
    adapt: async ({ items, labels }) => {
      const liked = items.data.find((_, pair) => labels[pair] === 5);
      const disliked = items.data.find((_, pair) => labels[pair] === 1);
      return { state: Float32Array.of(liked ?? (disliked ? 3 - disliked : 0)), pairs: items.rows };
    },
    score: async (adaptation, _user, items) => items.data.map((genre) => rule(adaptation, genre)),
    explain: async () => ({}),
    save: () => {
      throw new Error('Nothing to save.');
    },
    dispose: () => {},
  };
}

describe('evaluateRatings', () => {
  test('finds no error in a recommender that makes none', async () => {
    const perfect = knowing(({ state }, genre) => (genre === state[0] ? 5 : 1));
    const errors = { mae: 0, rmse: 0 };
    expect(await evaluateRatings(perfect, data, { episodes })).toEqual({
      tasks: 20,
      ...errors,
      ndcg1: 1,
      ndcg3: 1,
    });
  });

  test('measures the distance of scores from labels', async () => {
    const undecided = knowing(() => 3);
    expect(await evaluateRatings(undecided, data, { episodes })).toMatchObject({ mae: 2, rmse: 2 });
  });

  test('refuses scores that are no numbers, which have no place in an order', async () => {
    const broken = knowing(() => Number.NaN);
    await expect(evaluateRatings(broken, data, { episodes })).rejects.toThrow(
      'Expected finite scores, got NaN',
    );
  });

  test('shows the recommender no more pairs than asked for', async () => {
    const shown: number[] = [];
    const watching = knowing(({ pairs }) => {
      shown.push(pairs);
      return 3;
    });
    await evaluateRatings(watching, data, { episodes, maxSupportPairs: 2 });
    await evaluateRatings(watching, data, { episodes });
    expect(new Set(shown)).toEqual(new Set([2, 12]));
  });

  test('asks for the same predictions however many pairs are shown', async () => {
    const asked = async (maxSupportPairs: number) => {
      const genres: number[] = [];
      const watching = knowing((_, genre) => genres.push(genre));
      await evaluateRatings(watching, data, { episodes, maxSupportPairs });
      return genres;
    };
    expect(await asked(1)).toEqual(await asked(12));
  });

  describe('showing pairs in several ways', () => {
    const undecidedUntil = knowing(({ state, pairs }, genre) => (pairs < 3 ? 3 : genre === state[0] ? 5 : 1));

    test('gives for each way what it gives for that way alone', async () => {
      const ways = [12, 0, 2].map((shown) => () => shown);
      const together = await evaluateRatingsAtSizes(undecidedUntil, data, ways, { episodes });
      const alone = await Promise.all(
        [12, 0, 2].map((maxSupportPairs) =>
          evaluateRatings(undecidedUntil, data, { episodes, maxSupportPairs }),
        ),
      );
      expect(together).toEqual(alone);
      expect(together.map(({ mae }) => mae)).toEqual([0, 2, 2]);
    });

    test('counts the tasks that a way measures, and no others', async () => {
      const ofEven = (_: number, task: number) => (task % 2 === 0 ? 12 : undefined);
      const [even, none] = await evaluateRatingsAtSizes(undecidedUntil, data, [ofEven, () => undefined], {
        episodes,
      });
      expect(even).toMatchObject({ tasks: 10, mae: 0 });
      expect(none?.tasks).toBe(0);
    });

    test('ends when it is told to', async () => {
      const abort = new AbortController();
      let asked = 0;
      const watching = knowing(() => {
        asked += 1;
        abort.abort(new Error('stopped by hand'));
        return 3;
      });
      const { signal } = abort;
      await expect(evaluateRatings(watching, data, { episodes, signal })).rejects.toThrow('stopped by hand');
      expect(asked).toBe(episodes.queryPairs);
    });
  });
});
