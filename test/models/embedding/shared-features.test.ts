import { describe, expect, test } from '@jest/globals';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { floatTensor, integerTensor } from '../../../src/engine/host-tensor.ts';
import { type FeatureField, featureSchema } from '../../../src/features/feature-schema.ts';
import { moveEmbeddings, sharedFeatures } from '../../../src/models/embedding/shared-features.ts';
import { parseMamlConfig } from '../../../src/models/maml/maml-config.ts';
import { onEagerCpu } from '../../support/on-eager-cpu.ts';

const fitted = (name: string, kind: FeatureField['kind'], slots: number) => ({
  ...{ entity: 'item' as const, name, kind, slots, mean: 0, deviation: 1 },
  vocabulary: ['a', 'b', 'c'],
});
/** A categorical field with rows 0 to 3 of the table, and genres with rows 4 to 7. */
const schema = featureSchema([fitted('rated', 'categorical', 1), fitted('genres', 'multiValued', 2)]);
/** Two items, and three others, of one task. */
const inputs = {
  someRows: integerTensor([1, 2, 3], Int32Array.of(1, 5, 6, 2, 6, 4)),
  someWeights: floatTensor([1, 2, 3], Float32Array.of(1, 0.5, 0.5, 1, 1, 0)),
  otherRows: integerTensor([1, 3, 3], Int32Array.of(1, 6, 4, 3, 5, 6, 2, 4, 7)),
  otherWeights: floatTensor([1, 3, 3], Float32Array.of(1, 1, 0, 1, 0.5, 0.5, 1, 1, 0)),
};
/** Products of weights over equal rows. Of the genres, 0.5 · 1 for row 6, 0.5² for row 5 and 0.5² for row 6, … */
const shared = { rated: [1, 0, 0, 0, 0, 1], genres: [0.5, 0.5, 0, 1, 0.5, 0] };

describe('sharedFeatures', () => {
  test('sums the products of the weights over the table rows that two entities read', () => {
    const { rated, genres } = onEagerCpu(({ someRows, someWeights, otherRows, otherWeights }) => {
      const some = { indices: someRows!, weights: someWeights! };
      const others = { indices: otherRows!, weights: otherWeights! };
      const [rated, genres] = sharedFeatures(schema, 'item', some, others);
      return { rated: rated!, genres: genres! };
    }, inputs);
    expect(rated).toMatchObject({ shape: [1, 2, 3], data: Float32Array.from(shared.rated) });
    expect(genres).toMatchObject({ shape: [1, 2, 3], data: Float32Array.from(shared.genres) });
  });
});

describe('moveEmbeddings', () => {
  test('moves each field by what is shared, and leaves other columns as they are', () => {
    const { moved } = onEagerCpu(
      ({ embedded, rated, genres, moves }) => ({
        moved: moveEmbeddings(
          parseMamlConfig({ embeddingWidth: 1 }),
          embedded as Tensor3D,
          [rated as Tensor3D, genres as Tensor3D],
          moves as Tensor3D,
        ),
      }),
      {
        // The third column is a factor.
        embedded: floatTensor([1, 2, 3], Float32Array.of(10, 20, 30, 40, 50, 60)),
        rated: floatTensor([1, 2, 3], Float32Array.from(shared.rated)),
        genres: floatTensor([1, 2, 3], Float32Array.from(shared.genres)),
        moves: floatTensor([1, 3, 3], Float32Array.of(1, 2, 9, 3, 4, 9, 5, 6, 9)),
      },
    );
    // 10 + 1, 20 + 0.5 · 2 + 0.5 · 4; 40 + 5, 50 + 2 + 0.5 · 4.
    expect([...moved!.data]).toEqual([11, 23, 30, 45, 54, 60]);
  });
});
