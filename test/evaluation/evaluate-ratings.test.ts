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
  test('measures no error for a perfect recommender', async () => {
    const perfect = knowing(({ state }, genre) => (genre === state[0] ? 5 : 1));
    const errors = { mae: 0, rmse: 0 };
    expect(await evaluateRatings(perfect, data, { episodes })).toEqual({
      tasks: 20,
      ...errors,
      ndcg1: 1,
      ndcg3: 1,
    });
  });

  test('measures the distance between scores and labels', async () => {
    const undecided = knowing(() => 3);
    expect(await evaluateRatings(undecided, data, { episodes })).toMatchObject({ mae: 2, rmse: 2 });
  });

  test('refuses scores that are not finite', async () => {
    const broken = knowing(() => Number.NaN);
    await expect(evaluateRatings(broken, data, { episodes })).rejects.toThrow('Expected finite scores, got NaN');
  });

  test('adapts to at most the given number of pairs', async () => {
    const supportSizes: number[] = [];
    const watching = knowing(({ pairs }) => {
      supportSizes.push(pairs);
      return 3;
    });
    await evaluateRatings(watching, data, { episodes, maxSupportPairs: 2 });
    await evaluateRatings(watching, data, { episodes });
    expect(new Set(supportSizes)).toEqual(new Set([2, 12]));
  });

  test('has the same query sets for every support size', async () => {
    const scoredGenres = async (maxSupportPairs: number) => {
      const genres: number[] = [];
      const watching = knowing((_, genre) => genres.push(genre));
      await evaluateRatings(watching, data, { episodes, maxSupportPairs });
      return genres;
    };
    expect(await scoredGenres(1)).toEqual(await scoredGenres(12));
  });

  describe('with several support sizes', () => {
    const undecidedUntil = knowing(({ state, pairs }, genre) => (pairs < 3 ? 3 : genre === state[0] ? 5 : 1));

    test('gives the same result as each size alone', async () => {
      const sizes = [12, 0, 2].map((size) => () => size);
      const together = await evaluateRatingsAtSizes(undecidedUntil, data, sizes, { episodes });
      const alone = await Promise.all(
        [12, 0, 2].map((maxSupportPairs) => evaluateRatings(undecidedUntil, data, { episodes, maxSupportPairs })),
      );
      expect(together).toEqual(alone);
      expect(together.map(({ mae }) => mae)).toEqual([0, 2, 2]);
    });

    test('counts only the tasks that a size does not leave out', async () => {
      const ofEven = (_: number, task: number) => (task % 2 === 0 ? 12 : undefined);
      const [even, none] = await evaluateRatingsAtSizes(undecidedUntil, data, [ofEven, () => undefined], {
        episodes,
      });
      expect(even).toMatchObject({ tasks: 10, mae: 0 });
      expect(none?.tasks).toBe(0);
    });

    test('throws the reason of the signal when it aborts', async () => {
      const abort = new AbortController();
      let scored = 0;
      const watching = knowing(() => {
        scored += 1;
        abort.abort(new Error('stopped by hand'));
        return 3;
      });
      const { signal } = abort;
      await expect(evaluateRatings(watching, data, { episodes, signal })).rejects.toThrow('stopped by hand');
      expect(scored).toBe(episodes.queryPairs);
    });
  });
});
