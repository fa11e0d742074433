import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import type { Recommender } from '../../src/models/recommender.ts';
import { type Candidates, ItemEmbeddings } from '../../src/serving/item-embeddings.ts';
import { recordingRecommender } from '../support/recording-recommender.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

describe('ItemEmbeddings', () => {
  const db = testDatabase();
  let candidates: Candidates;
  beforeAll(async () => {
    const dataset = smallDataset(smallCatalog(1, 5));
    await loadDataset(db.pool, dataset, { ratingScale: { minimum: 1, maximum: 5 } });
    const items = await db.database.item.findMany({ orderBy: { id: 'asc' } });
    candidates = { ids: items.map(({ id }) => id), revisions: items.map(({ revision }) => revision) };
  });

  /** A model of the items i1 to i5, which embeds each as its place, and what it has embedded. */
  function countingModel(): { model: Recommender; embedded: () => number } {
    const ids = ['i1', 'i2', 'i3', 'i4', 'i5'];
    const model = recordingRecommender({ user: [], item: ids }, { support: 'labels' });
    let rows = 0;
    const embedItems: Recommender['embedItems'] = (features) => {
      rows += features.rows;
      return model.embedItems(features);
    };
    return { model: { ...model, embedItems }, embedded: () => rows };
  }

  test('embeds an item once, however many lists need it at once', async () => {
    const { model, embedded } = countingModel();
    const embeddings = new ItemEmbeddings(db.database, model);
    const all = await Promise.all([1, 2, 3].map(() => embeddings.embed(candidates)));
    for (const { data } of all) expect([...data]).toEqual([1, 2, 3, 4, 5]);
    expect(embedded()).toBe(5);
  });

  test('embeds an item again once it has another revision', async () => {
    const { model, embedded } = countingModel();
    const embeddings = new ItemEmbeddings(db.database, model);
    await embeddings.embed(candidates);
    const id = candidates.ids[1] as number;
    const { revision } = await db.database.item.update({
      where: { id },
      data: { revision: { increment: 1 } },
    });
    const revisions = candidates.revisions.with(1, revision);
    await embeddings.embed({ ids: candidates.ids, revisions });
    await embeddings.embed({ ids: candidates.ids, revisions });
    expect(embedded()).toBe(6);
  });

  test('keeps embeddings without any number, those of a model that tells no items apart', async () => {
    const { model } = countingModel();
    const embedItems: Recommender['embedItems'] = async ({ rows }) => ({
      rows,
      width: 0,
      data: new Float32Array(),
    });
    const { rows, width } = await new ItemEmbeddings(db.database, { ...model, embedItems }).embed(candidates);
    expect([rows, width]).toEqual([5, 0]);
  });
});
