import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { declareFeatureFields } from '../../src/catalog/declare-feature-fields.ts';
import { undeclareFeatureFields } from '../../src/catalog/undeclare-feature-fields.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { recommend } from '../../src/serving/recommend.ts';
import { type Lists, openLists } from '../support/open-lists.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';

const ratingScale = { minimum: 1, maximum: 5 };

describe('lists with features that are ignored', () => {
  const db = testDatabase();
  let lists: Lists;

  /** The scores of the list of a user, by item. Items other than `i1` have a score if the model makes the list. */
  const scores = async (user: string) => {
    const { recommendations } = await recommend(await lists.session(), { for: { user }, first: 20 });
    return Object.fromEntries(
      recommendations.map(({ itemId, score }) => [lists.catalog.items.externalIdOf(itemId - 1), score]),
    );
  };
  const setFeatures = (table: 'items' | 'users', id: string, features: string) =>
    db.pool.query(`UPDATE ${table} SET features = $1 WHERE external_id = $2`, [features, id]);

  beforeAll(async () => {
    const interactions = [rating('u1', 'i1', 5), rating('u2', 'i1', 5)];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(6, 8), interactions }), { ratingScale });
    await serveUntrainedModel(db.database, 1);
    lists = await openLists(db, await openEngine('wasm'));
  });
  afterAll(() => lists.close());

  test('score an item with a damaged feature like one without it, and change no other score', async () => {
    const before = await scores('u1');
    expect(Object.keys(before)).toHaveLength(7);
    expect(Object.values(before)).not.toContain(null);
    await setFeatures('items', 'i2', '{"length": 2}');
    const without = await scores('u1');
    await setFeatures('items', 'i2', '{"genres": {"a": 1}, "length": 2}');
    expect(await scores('u1')).toEqual(without);
    expect({ ...without, i2: before.i2 }).toEqual(before);
  });

  test('are made for a user with a damaged feature as for one without it', async () => {
    await setFeatures('users', 'u2', '{}');
    const without = await scores('u2');
    await setFeatures('users', 'u2', '{"region": {"a": ["b"]}}');
    expect(await scores('u2')).toEqual(without);
  });

  test('go on with finite scores when an item has the largest number', async () => {
    const before = await scores('u1');
    await setFeatures('items', 'i3', '{"genres": ["odd"], "length": 1.7e308}');
    const { i3, ...others } = await scores('u1');
    expect(Number.isFinite(i3)).toBe(true);
    expect({ ...others, i3: before.i3 }).toEqual(before);
  });

  test('go on as if nobody had a feature when it is undeclared, until it is declared again', async () => {
    const before = await scores('u1');
    const genres = { entity: 'ITEM', name: 'genres', kind: 'MULTI_VALUED' } as const;
    const region = { entity: 'USER', name: 'region', kind: 'CATEGORICAL' } as const;
    await undeclareFeatureFields(db.database, [genres, region]);
    const undeclared = await scores('u1');
    expect(undeclared).not.toEqual(before);
    await declareFeatureFields(db.database, [genres, region]);
    expect(await scores('u1')).toEqual(before);
    await db.pool.query("UPDATE items SET features = features - 'genres'");
    await db.pool.query("UPDATE users SET features = features - 'region'");
    expect(await scores('u1')).toEqual(undeclared);
  });
});
