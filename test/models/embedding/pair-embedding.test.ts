import { describe, expect, test } from '@jest/globals';
import { type Tensor3D, tensor } from '@tensorflow/tfjs-core';
import { floatTensor } from '../../../src/engine/host-tensor.ts';
import type { EmbeddingConfig } from '../../../src/models/embedding/embedding-config.ts';
import { embeddedWidth } from '../../../src/models/embedding/entity-embedding.ts';
import { pairParts, pairWidth } from '../../../src/models/embedding/pair-embedding.ts';
import { onEagerCpu } from '../../support/on-eager-cpu.ts';
import { embeddings, schema } from './factor-catalog.ts';

const sizes = { embeddingWidth: 2, embeddingDeviation: 1, factorWidth: 3 };

function partsOf(config: EmbeddingConfig, user: number[][][], item: number[][][]): unknown[] {
  const host = (values: number[][][]) => {
    const shape = [values.length, values[0]?.length as number, values[0]?.[0]?.length as number];
    return floatTensor(shape, Float32Array.from(values.flat(2)));
  };
  const outputs = onEagerCpu(
    (inputs) =>
      Object.fromEntries(
        pairParts(config, inputs.user as Tensor3D, inputs.item as Tensor3D).map((part, at) => [
          `part ${at}`,
          part.clone(),
        ]),
      ),
    { user: host(user), item: host(item) },
  );
  return Object.values(outputs).map(({ shape, data }) => tensor([...data], [...shape]).arraySync());
}

describe('the parts of a pair', () => {
  test('are the user and the item, without a product', () => {
    const config = { ...sizes, embedding: 'factors', factorProduct: false } as const;
    const [user, item] = [[[[1, 2, 3]]], [[[4, 5, 6]]]];
    expect(partsOf(config, user, item)).toEqual([user, item]);
  });

  test('end with the product of the factors of user and item for each pair', () => {
    const config = { ...sizes, embedding: 'factors', factorProduct: true } as const;
    const user = [[[1, 2, 3]], [[0, -1, 2]]];
    const item = [
      [
        [4, 5, 6],
        [1, 0, -1],
      ],
      [
        [1, 1, 1],
        [2, 2, 2],
      ],
    ];
    expect(partsOf(config, user, item)[2]).toEqual([
      [
        [4, 10, 18],
        [1, 0, -3],
      ],
      [
        [0, -1, 2],
        [0, -2, 4],
      ],
    ]);
  });

  test('multiply only the factors, not the learned embeddings before them', () => {
    const config = { ...sizes, embedding: 'both', factorProduct: true } as const;
    const [, , product] = partsOf(config, [[[9, 9, 1, 2, 3]]], [[[7, 7, 7, 7, 4, 5, 6]]]);
    expect(product).toEqual([[[4, 10, 18]]]);
  });

  test.each(embeddings)(
    'have the total width of pairWidth for $embedding with factorProduct $factorProduct',
    (embedding) => {
      const config = { ...sizes, ...embedding };
      const [user, item] = (['user', 'item'] as const).map((entity) => embeddedWidth(config, schema, entity));
      const row = (width = 0) => [[new Array<number>(width).fill(1)]];
      const widths = partsOf(config, row(user), row(item)).map((part) => ((part as number[][][])[0]?.[0] ?? []).length);
      expect(widths.reduce((sum, width) => sum + width, 0)).toBe(pairWidth(config, schema));
    },
  );
});
