import { describe, expect, test } from '@jest/globals';
import { probeModel } from '../../src/models/probe-model.ts';
import type { Embeddings, Recommender } from '../../src/models/recommender.ts';

const vectorsOf = (rows: number): Embeddings => ({
  rows,
  width: 1,
  data: Float32Array.from({ length: rows }, (_, row) => row),
});
const user = vectorsOf(1);

/** A model whose scores and other numbers depend on the number of pairs that it is adapted to. */
function modelWith(parts: {
  readonly score: (item: number, pairs: number) => number;
  readonly vector?: (pairs: number) => number;
  readonly rating?: (pairs: number) => number;
}): Recommender {
  const { score, vector, rating } = parts;
  const adapt = async ({ labels }: { readonly labels: Float32Array }) => ({
    state: new Float32Array(),
    pairs: labels.length,
  });
  return {
    adapt,
    score: async ({ pairs }: { pairs: number }, _user: Embeddings, items: Embeddings) =>
      items.data.map((item) => score(item, pairs)),
    ...(vector && {
      retrieval: {
        taskVector: async ({ labels }: { labels: Float32Array }) => Float32Array.of(vector(labels.length)),
      },
    }),
    ...(rating && {
      ratings: { adapt, predict: async ({ pairs }: { pairs: number }) => Float32Array.of(rating(pairs)) },
    }),
  } as unknown as Recommender;
}

describe('a probe of a model', () => {
  const probe = (parts: Parameters<typeof modelWith>[0], items = 10) =>
    probeModel(modelWith(parts), user, vectorsOf(items));
  const fails = (pairs: number, length: number) => (pairs === length ? Number.NaN : 1);

  test('accepts scores that differ', async () => {
    await probe({ score: (item) => item, vector: () => 1, rating: () => 4 });
  });

  test.each([0, 5])('refuses a score that is not finite after %i pairs', async (length) => {
    const refused = probe({ score: (item, pairs) => item * fails(pairs, length) });
    await expect(refused).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: 'the model computes scores that are not finite numbers, such as NaN',
    });
  });

  test.each([0, 5])('refuses a vector that is not finite after %i pairs', async (length) => {
    const refused = probe({ score: (item) => item, vector: (pairs) => fails(pairs, length) });
    await expect(refused).rejects.toThrow('the model computes vectors that are not finite numbers');
  });

  test.each([0, 5])('refuses a predicted rating that is not finite after %i pairs', async (length) => {
    const refused = probe({ score: (item) => item, rating: (pairs) => fails(pairs, length) });
    await expect(refused).rejects.toThrow('the model computes ratings that are not finite numbers');
  });

  test('refuses the same score of all items, unless scores differ after a history', async () => {
    await expect(probe({ score: (_item, pairs) => pairs })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: 'the model gives the same score to all of 10 items',
    });
    await probe({ score: (item, pairs) => item * pairs });
    await probe({ score: (item, pairs) => (pairs === 0 ? item : 0) });
  });

  test('accepts the same score of fewer than ten items, and a catalog without items', async () => {
    await probe({ score: () => 0 }, 9);
    await probe({ score: () => 0 }, 0);
  });
});
