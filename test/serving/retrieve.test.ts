import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { type RecommendationRequest, recommend } from '../../src/serving/recommend.ts';
import { openList } from '../../src/serving/recommendation-list.ts';
import { scoreList } from '../../src/serving/score-list.ts';
import { type Lists, openLists } from '../support/open-lists.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveModel, untrainedListModel } from '../support/test-model.ts';

const ratingScale = { minimum: 1, maximum: 5 };
/** More than a first search looks for. */
const count = 700;

describe('a list of a model whose scores are inner products', () => {
  const db = testDatabase();
  let lists: Lists;

  const page = async (request: Partial<RecommendationRequest> = {}) =>
    recommend(await lists.session(), { for: { user: 'u1' }, first: 100, ...request });
  /** Scores all items one by one and orders them: score descending, then ID. */
  const expected = async (request: Partial<RecommendationRequest> = {}) => {
    const session = await lists.session();
    const list = await openList(session, { for: { user: 'u1' }, ...request });
    const scored = await scoreList(session, list);
    const { ids } = lists.catalog.items;
    return Array.from(scored?.candidates.rows ?? [], (row, at) => ({
      itemId: ids[row] as number,
      score: scored?.scores[at] as number,
    })).sort((a, b) => b.score - a.score || a.itemId - b.itemId);
  };
  const pages = async (request: Partial<RecommendationRequest> = {}) => {
    const all: { itemId: number; score: number }[] = [];
    for (let after: string | undefined, more = true; more; ) {
      const { recommendations, hasNextPage } = await page({ ...request, after });
      all.push(...recommendations.map(({ itemId, score }) => ({ itemId, score })));
      after = recommendations.at(-1)?.cursor;
      more = hasNextPage;
    }
    return all;
  };
  const check = async (request: Partial<RecommendationRequest> = {}) => {
    const [listed, truth] = [await pages(request), await expected(request)];
    expect(listed.map(({ itemId }) => itemId)).toEqual(truth.map(({ itemId }) => itemId));
    for (const [at, { score }] of listed.entries()) expect(score).toBeCloseTo(truth[at]?.score as number, 4);
  };

  beforeAll(async () => {
    const interactions = [rating('u1', 'i1', 5), rating('u1', 'i2', 2), rating('u2', 'i9', 4)];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(3, count), interactions }), { ratingScale });
    lists = await openLists(db, await openEngine('wasm'), { candidates: 5000 });
    await serveModel(db.database, await untrainedListModel(db.database, 3, { vectorWidth: 8 }));
  });
  afterAll(() => lists.close());

  test('has all items on its pages in the order of their scores', async () => {
    await check({ first: 100 });
  });

  test('has the items that pass the conditions, however few', async () => {
    await check({ filter: { features: [{ feature: 'length', atLeast: 300, atMost: 330 }] }, first: 7 });
    await check({ exclude: ['i5', 'i6'], filter: { features: [{ feature: 'genres', in: ['odd'] }] } });
  });

  test('has the order of scores for a visitor too, with items that the visitor has seen', async () => {
    const visitor = { interactions: [{ item: 'i3', type: 'CLICK' }] } as const;
    await check({ for: { visitor }, includeSeen: true });
  });

  test('has many items with equal scores in the order of their IDs', async () => {
    await db.pool.query(
      `INSERT INTO items (external_id, title) SELECT 'same ' || n, 'S' FROM generate_series(1, 400) AS n`,
    );
    await check({ first: 50 });
    await db.pool.query(`DELETE FROM items WHERE external_id LIKE 'same %'`);
  });

  test('goes on with its version on a server that never made lists with it', async () => {
    const truth = await expected();
    const first = await page({ first: 10 });
    await serveModel(db.database, await untrainedListModel(db.database, 4, { vectorWidth: 8 }));
    const other = await openLists(db, await openEngine('wasm'), { candidates: 5000 });
    const after = first.recommendations.at(-1)?.cursor;
    const next = await recommend(await other.session(), { for: { user: 'u1' }, first: 10, after });
    await other.close();
    const listed = [...first.recommendations, ...next.recommendations];
    expect(listed.map(({ itemId }) => itemId)).toEqual(truth.slice(0, 20).map(({ itemId }) => itemId));
    expect(next.hasNextPage).toBe(true);
  });

  test('follows changes of features at once, and large changes soon', async () => {
    const first = (await page({ first: 1 })).recommendations[0]?.itemId;
    await db.pool.query(`UPDATE items SET features = '{"length": 5000, "genres": ["new"]}' WHERE id = $1`, [first]);
    await check();
    await db.pool.query(`UPDATE items SET features = features || '{"length": 77}'`);
    await page({ first: 1 });
    const session = await lists.session();
    await session.platform.models.use((await session.moment()).activeVersions.USER as number, async ({ vectors }) => {
      await vectors?.all();
    });
    await check();
  });
});
