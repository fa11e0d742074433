import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import type { Recommender } from '../../src/models/recommender.ts';
import { ItemEmbeddings, type ItemRevisions } from '../../src/serving/item-embeddings.ts';
import { countStatements } from '../support/count-statements.ts';
import { recordingRecommender } from '../support/recording-recommender.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

describe('ItemEmbeddings', () => {
  const db = testDatabase();
  const catalog = smallCatalog(1, 450);
  let all: ItemRevisions;

  /** The embedding of an item is the position of its ID among the known ones, from 1. */
  const embeddings = (maxCached = 1000) => {
    const known = { user: [], item: catalog.items.map(({ id }) => id) };
    return new ItemEmbeddings(db.database, recordingRecommender(known, { support: 'positives' }), maxCached);
  };
  const part = (from: number, to: number) => ({
    ids: all.ids.slice(from, to),
    revisions: all.revisions.slice(from, to),
  });

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(catalog), { ratingScale: { minimum: 1, maximum: 5 } });
    const rows = await db.database.item.findMany({ orderBy: { id: 'asc' } });
    all = { ids: rows.map(({ id }) => id), revisions: rows.map(({ revision }) => revision) };
  });

  test('are cached by prepare, with 200 items in each statement and each item once', async () => {
    const items = embeddings();
    const lots = [part(0, 300), part(100, 450)];
    expect(await countStatements(() => items.prepare(lots))).toBe(3);
    expect(await countStatements(() => items.embed(all))).toBe(0);
    expect([...(await items.embed(all)).data].sort((a, b) => a - b)).toEqual(all.ids.map((_, index) => index + 1));
  });

  test('are cached up to the limit, and computed again beyond it', async () => {
    const again = async (limit: number) => {
      const items = embeddings(limit);
      await items.prepare([all]);
      return countStatements(() => items.prepare([all]));
    };
    expect(await again(450)).toBe(0);
    expect(await again(250)).toBe(1);
  });

  test('are computed once if several lists need them at the same time', async () => {
    const items = embeddings();
    const concurrentReads = () =>
      Promise.all([items.prepare([all]), items.embed(part(0, 200)), items.embed(all), items.prepare([all])]);
    expect(await countStatements(concurrentReads)).toBe(3);
  });

  test('have width 0 if the model does not distinguish items', async () => {
    const model = recordingRecommender({ user: [], item: [] }, { support: 'labels' });
    const embedItems: Recommender['embedItems'] = async ({ rows }) => ({
      ...{ rows, width: 0, data: new Float32Array() },
    });
    const { rows, width } = await new ItemEmbeddings(db.database, { ...model, embedItems }, 1000).embed(all);
    expect([rows, width]).toEqual([450, 0]);
  });

  test('are computed again after the item has changed', async () => {
    const items = embeddings();
    await items.prepare([all]);
    const where = { id: all.ids[7] as number };
    const { revision } = await db.database.item.update({ where, data: { features: { genres: ['new'] } } });
    const changed = { ids: all.ids, revisions: all.revisions.with(7, revision) };
    expect(await countStatements(() => items.prepare([changed]))).toBe(1);
    expect(await countStatements(() => items.embed(changed))).toBe(0);
  });
});
