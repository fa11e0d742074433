import { describe, expect, test } from '@jest/globals';
import { encodeFeatures } from '../../src/features/encode-features.ts';
import type { Features } from '../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../src/features/fit-feature-schema.ts';
import { contentKnn } from '../../src/model-benchmark/content-knn.ts';
import { selectEmbeddings } from '../../src/models/recommender.ts';

const rows: readonly Features[] = [
  { id: '0', genres: ['comedy'], studio: 'a' },
  { id: '1', genres: ['comedy', 'drama'], studio: 'a' },
  { id: '2', genres: ['drama'], studio: 'b' },
  { id: '3', genres: ['western'] },
  { id: '4' },
];
const schema = fitFeatureSchema(
  [
    { entity: 'user', name: 'id', kind: 'categorical' },
    { entity: 'item', name: 'id', kind: 'categorical' },
    { entity: 'item', name: 'genres', kind: 'multiValued' },
    { entity: 'item', name: 'studio', kind: 'categorical' },
  ],
  [{ id: '0' }],
  rows,
);
const items = encodeFeatures(schema, 'item', rows);

async function scores(liked: readonly number[]): Promise<number[]> {
  const model = contentKnn({ schema, items });
  const embedded = await model.embedItems(items);
  const user = await model.embedUsers(encodeFeatures(schema, 'user', [{}]));
  const support = {
    users: user,
    items: selectEmbeddings(embedded, liked),
    labels: new Float32Array(liked.length).fill(1),
  };
  return [...(await model.score(await model.adapt(support), user, embedded))];
}

/** Items as vectors over comedy, drama, western, studio a and studio b, in the weights of the encoding. */
const vectors = [
  [1, 0, 0, 1, 0],
  [0.5, 0.5, 0, 1, 0],
  [0, 1, 0, 0, 1],
  [0, 0, 1, 0, 0],
  [0, 0, 0, 0, 0],
];

function cosine(a: number, b: number): number {
  const product = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, at) => sum + value * (y[at] as number), 0);
  const [x, y] = [vectors[a] as number[], vectors[b] as number[]];
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y)) || 0;
}

describe('contentKnn', () => {
  test('sums the cosines of the features without IDs, and of unknown values nothing', async () => {
    for (const liked of [[0], [3], [0, 2], [4]]) {
      const expected = vectors.map((_, item) => liked.reduce((sum, other) => sum + cosine(item, other), 0));
      for (const [item, score] of (await scores(liked)).entries())
        expect(score).toBeCloseTo(expected[item] as number, 6);
    }
  });

  test('scores all items 0 for a user who likes nothing', async () => {
    expect(await scores([])).toEqual([0, 0, 0, 0, 0]);
  });
});
