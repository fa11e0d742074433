import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { listPopularItems } from '../../src/serving/list-popular-items.ts';
import { recommend } from '../../src/serving/recommend.ts';
import { countStatements } from '../support/count-statements.ts';
import { type Lists, openLists } from '../support/open-lists.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const catalog = 600;

interface Page {
  readonly items: readonly { readonly itemId: number; readonly score: number }[];
  readonly after: string | undefined;
  readonly hasNextPage: boolean;
}

describe('a list of popular items', () => {
  const db = testDatabase();
  let service: Lists;

  const lists: Record<string, (first: number, after?: string) => Promise<Page>> = {
    'popular items': async (first, after) => {
      const { items, hasNextPage } = await listPopularItems(await service.session(), { first, after });
      const scored = items.map(({ itemId, positives }) => ({ itemId, score: positives }));
      return { items: scored, after: items.at(-1)?.cursor, hasNextPage };
    },
    'recommendations without a model': async (first, after) => {
      const request = { for: { user: 'u1' }, first, after };
      const { recommendations, hasNextPage } = await recommend(await service.session(), request);
      const scored = recommendations.map(({ itemId, score }) => ({ itemId, score }));
      return { items: scored, after: recommendations.at(-1)?.cursor, hasNextPage };
    },
  };
  /** The users before this one have clicked, except for the first, who reads the lists. */
  let nextUser: number;
  /** Records clicks of this many other users with each of these items, and again those of a user who has clicked. */
  const click = async (items: string, users: number) => {
    await db.pool.query(`
      INSERT INTO interactions (user_id, item_id, type)
      SELECT users.id, items.id, 'CLICK' FROM items JOIN users ON users.id BETWEEN
        (SELECT min(id) FROM users) + ${nextUser - 1} AND (SELECT min(id) FROM users) + ${nextUser + users - 1}
      WHERE ${items}`);
    nextUser += users;
  };

  /** Records this many ratings of 1 and of 3.5 of each of these items. */
  const dislike = (items: string, times: number) =>
    db.pool.query(`
      INSERT INTO interactions (user_id, item_id, type, value)
      SELECT (SELECT id FROM users WHERE external_id = 'u2'), items.id, 'RATE', value
      FROM items CROSS JOIN generate_series(1, ${times}) CROSS JOIN (VALUES (1), (3.5)) AS low (value) WHERE ${items}`);

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(200, catalog)), { ratingScale });
    nextUser = 2;
    const engine = await openEngine('wasm');
    service = await openLists(db, engine, { candidates: 3 });
  });
  afterAll(() => service.close());

  describe.each(Object.keys(lists))('of %s', (name) => {
    const page = lists[name] as (typeof lists)[string];

    beforeEach(async () => {
      nextUser = 2;
      await db.database.interaction.deleteMany();
      await db.database.item.deleteMany({ where: { externalId: { startsWith: 'new' } } });
      // Many items have equal numbers of interactions.
      for (const times of [1, 2, 4]) await click(`items.id * 7919 % 13 < ${times} AND items.id % 3 > 0`, 2);
      await click('items.id % 17 = 4', 10);
      await dislike('items.id % 11 = 3', 10);
    });

    const meanwhile: Record<string, () => Promise<unknown>> = {
      'nothing happens': async () => {},
      'a few become popular': () => click('items.id % 100 = 7', 17),
      'more become popular than are looked at first': () => click('items.id % 2 = 0', 14),
      'all become more popular, in another order': async () => {
        for (const part of [2, 3, 5]) await click(`items.id % ${part} = 0`, 3);
        await click('TRUE', 1);
      },
      'many are disliked': () => dislike('items.id % 5 > 0', 5),
      'items come and become the most popular': async () => {
        await db.database.item.createMany({
          data: Array.from({ length: 200 }, (_, n) => ({ externalId: `new ${n}`, title: 'New' })),
          skipDuplicates: true,
        });
        await click(`items.external_id LIKE 'new%'`, 25);
      },
    };

    test.each(Object.keys(meanwhile))('is the same on all its pages while %s', async (event) => {
      // The expected order, counted from the interactions.
      const { rows: whole } = await db.pool.query<Page['items'][number]>(`
        SELECT items.id AS "itemId", count(DISTINCT user_id)::int AS score
        FROM items LEFT JOIN interactions ON item_id = items.id AND (type <> 'RATE' OR value >= 4)
        GROUP BY items.id ORDER BY score DESC, items.id`);
      let last = await page(30);
      const paged = [...last.items];
      for (let turn = 0; last.hasNextPage; turn++) {
        if (turn < 3) await meanwhile[event]?.();
        last = await page(90, last.after);
        paged.push(...last.items);
      }
      expect(paged).toHaveLength(catalog);
      expect(paged).toEqual(whole);
    });

    test('takes as many statements for a late page as for an early one', async () => {
      const first = await page(10);
      const late = (await page(100, (await page(100, (await page(100)).after)).after)).after;
      await click('items.id % 50 = 0', 17);
      const [ofEarly, ofLate] = [
        await countStatements(() => page(10, first.after)),
        await countStatements(() => page(10, late)),
      ];
      expect(ofLate).toBe(ofEarly);
    });
  });

  test('that began before the first interaction does not count it', async () => {
    await db.database.interaction.deleteMany();
    await db.pool.query('ALTER SEQUENCE interactions_id_seq RESTART');
    const ask = (first: number, after?: string) => lists['popular items']?.(first, after) as Promise<Page>;
    const first = await ask(2);
    await click('items.id = (SELECT max(id) FROM items)', 1);
    expect(await ask(3, first.after)).toMatchObject({
      items: (await ask(100)).items.slice(3, 6).map(() => ({ score: 0 })),
    });
  });

  test.each(Object.keys(lists))('of %s expires once 300,000 interactions have been recorded', async (name) => {
    const page = lists[name] as (typeof lists)[string];
    await click('items.id % 2 = 0', 1);
    const first = await page(2);
    /** Records an interaction so many IDs after the last one that counts for the list. */
    const recordLater = async (interactions: number) => {
      await db.pool.query(`SELECT setval('interactions_id_seq', $1)`, [last + interactions - 1]);
      await db.pool.query(`INSERT INTO interactions (user_id, item_id, type)
        SELECT min(users.id), min(items.id), 'CLICK' FROM users, items`);
    };
    const { rows } = await db.pool.query('SELECT max(id)::int AS last FROM interactions');
    const { last } = rows[0];
    await recordLater(300_000);
    expect((await page(2, first.after)).items).toHaveLength(2);
    await recordLater(300_001);
    await expect(page(2, first.after)).rejects.toMatchObject({
      code: 'INVALID_CURSOR',
      message: expect.stringContaining('start again without a cursor'),
    });
  });
});
