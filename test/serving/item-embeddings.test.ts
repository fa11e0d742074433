import { setImmediate } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ItemTable } from '../../src/live-catalog/item-table.ts';
import type { Recommender } from '../../src/models/recommender.ts';
import { ItemEmbeddings } from '../../src/serving/item-embeddings.ts';
import { recordingRecommender } from '../support/recording-recommender.ts';

const count = 1200;

describe('ItemEmbeddings', () => {
  const ids = Array.from({ length: count }, (_, n) => `i${1000 + n}`);
  const all = ids.map((_, row) => row);
  let items: ItemTable;

  const put = (row: number, revision: number) =>
    items.put([row + 1, ids[row] as string, 'T', {}, true, revision, 0, 0]);

  /** The embedding of an item is the position of its ID among the known ones, from 1. Counts embedded items. */
  function embeddings(maxCached = 2 * count) {
    const model = recordingRecommender({ user: [], item: ids }, { support: 'positives' });
    const computed = { items: 0, runs: 0 };
    const embedItems: Recommender['embedItems'] = async (encoded) => {
      computed.items += encoded.rows;
      computed.runs += 1;
      await setImmediate();
      return model.embedItems(encoded);
    };
    return { computed, embedded: new ItemEmbeddings(items, { ...model, embedItems }, maxCached) };
  }

  beforeAll(() => {
    items = new ItemTable();
    for (const row of all) put(row, 1);
  });

  test('are in the order of the rows, which can repeat, and each item is computed once', async () => {
    const { computed, embedded } = embeddings();
    expect(await embedded.embed([7, 2, 7])).toEqual({ rows: 3, width: 1, data: Float32Array.of(8, 3, 8) });
    const { data } = await embedded.embed(all);
    expect([...data]).toEqual(all.map((row) => row + 1));
    await embedded.embed(all);
    expect(computed.items).toBe(count + 1);
  });

  test('are computed in runs of at most 500 items', async () => {
    const { computed, embedded } = embeddings();
    await embedded.embed(all);
    expect(computed.runs).toBe(3);
  });

  test('are cached up to the limit, and computed again beyond it', async () => {
    for (const [limit, again] of [
      [count, false],
      [count / 2, true],
    ] as const) {
      const { computed, embedded } = embeddings(limit);
      await embedded.embed(all);
      expect([...(await embedded.embed(all)).data]).toEqual(all.map((row) => row + 1));
      expect(computed.items > count).toBe(again);
    }
  });

  test('are computed once if several lists need them at the same time', async () => {
    const { computed, embedded } = embeddings();
    await Promise.all([embedded.embed(all), embedded.embed(all.slice(0, 300)), embedded.embed(all)]);
    expect(computed.items).toBe(count);
  });

  test('have width 0 if the model does not distinguish items', async () => {
    const model = recordingRecommender({ user: [], item: [] }, { support: 'labels' });
    const embedItems: Recommender['embedItems'] = async ({ rows }) => ({ rows, width: 0, data: new Float32Array() });
    const { rows, width } = await new ItemEmbeddings(items, { ...model, embedItems }, 1000).embed(all);
    expect([rows, width]).toEqual([count, 0]);
  });

  test('are computed again after the item has changed', async () => {
    const { computed, embedded } = embeddings();
    await embedded.embed(all);
    put(7, 2);
    await embedded.embed(all);
    expect(computed.items).toBe(count + 1);
  });
});
