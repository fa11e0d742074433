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

  /** Each item is embedded as the place of its id among those known, from 1. */
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

  test('that were prepared are at hand, by 200 items a statement, each item once', async () => {
    const items = embeddings();
    const lots = [part(0, 300), part(100, 450)];
    expect(await countStatements(() => items.prepare(lots))).toBe(3);
    expect(await countStatements(() => items.embed(all))).toBe(0);
    expect([...(await items.embed(all)).data].sort((a, b) => a - b)).toEqual(
      all.ids.map((_, index) => index + 1),
    );
  });

  test('are kept up to the limit, and computed again beyond it', async () => {
    const again = async (limit: number) => {
      const items = embeddings(limit);
      await items.prepare([all]);
      return countStatements(() => items.prepare([all]));
    };
    expect(await again(450)).toBe(0);
    expect(await again(250)).toBe(1);
  });

  test('are computed once where several ask for them at the same time', async () => {
    const items = embeddings();
    const asked = () =>
      Promise.all([items.prepare([all]), items.embed(part(0, 200)), items.embed(all), items.prepare([all])]);
    expect(await countStatements(asked)).toBe(3);
  });

  test('have no number where a model tells no items apart', async () => {
    const model = recordingRecommender({ user: [], item: [] }, { support: 'labels' });
    const embedItems: Recommender['embedItems'] = async ({ rows }) => ({
      ...{ rows, width: 0, data: new Float32Array() },
    });
    const { rows, width } = await new ItemEmbeddings(db.database, { ...model, embedItems }, 1000).embed(all);
    expect([rows, width]).toEqual([450, 0]);
  });

  test('are computed again once an item has become another one', async () => {
    const items = embeddings();
    await items.prepare([all]);
    const where = { id: all.ids[7] as number };
    const { revision } = await db.database.item.update({ where, data: { features: { genres: ['new'] } } });
    const changed = { ids: all.ids, revisions: all.revisions.with(7, revision) };
    expect(await countStatements(() => items.prepare([changed]))).toBe(1);
    expect(await countStatements(() => items.embed(changed))).toBe(0);
  });
});
