import { beforeAll, describe, expect, test } from '@jest/globals';
import { datasetStatistics } from '../../src/catalog/dataset-statistics.ts';
import type { InteractionRecord } from '../../src/datasets/dataset.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { countStatements } from '../support/count-statements.ts';
import { runSql } from '../support/run-sql.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { testServer } from '../support/test-server.ts';

const ask = `{ datasetStatistics {
  users items availableItems scenarios interactions interactionsByType { type count } density
  usersByHistory { from to count } itemsByHistory { from to count }
  meanRating earliestInteractionAt latestInteractionAt
} }`;

/** User n has `histories[n]` interactions: ratings of the first items, alternating from 1 to 5. */
const histories = [0, 1, 5, 6, 20, 21, 40];
const items = 50;
const time = (second: number) => new Date(Date.UTC(2020, 0, 1, 0, 0, second));

function ratings(): InteractionRecord[] {
  return histories.flatMap((count, user) =>
    Array.from({ length: count }, (_, item) => ({
      userId: `u${user + 1}`,
      itemId: `i${item + 1}`,
      type: 'RATE' as const,
      value: 1 + (item % 5),
      time: time(user * 100 + item),
    })),
  );
}

describe('datasetStatistics', () => {
  describe('of an empty database', () => {
    const server = testServer(testDatabase());

    test('is zero', async () => {
      const { data, errors } = await server.ask(ask);
      expect(errors).toBeUndefined();
      expect(data?.datasetStatistics).toMatchObject({
        ...{ users: 0, items: 0, availableItems: 0, scenarios: 0, interactions: 0, density: 0 },
        usersByHistory: [{ count: 0 }, { count: 0 }, { count: 0 }, { count: 0 }],
        ...{ meanRating: null, earliestInteractionAt: null, latestInteractionAt: null },
      });
    });
  });

  describe('of a database with interactions', () => {
    const db = testDatabase();
    const server = testServer(db);

    beforeAll(async () => {
      const scenarios = [{ id: 's1', title: 'First', items: ['i1'] }];
      const catalog = smallCatalog(histories.length, items);
      const dataset = smallDataset({ ...catalog, scenarios, interactions: ratings() });
      await loadDataset(db.pool, dataset, { ratingScale: { minimum: 1, maximum: 5 } });
      await db.database.item.update({ where: { externalId: 'i50' }, data: { available: false } });
      // The same pair again, with another type.
      const [user, item] = [
        await db.database.user.findUniqueOrThrow({ where: { externalId: 'u2' } }),
        await db.database.item.findUniqueOrThrow({ where: { externalId: 'i1' } }),
      ];
      await db.database.interaction.create({
        data: { userId: user.id, itemId: item.id, type: 'CLICK', value: 99, occurredAt: time(9999) },
      });
    });

    test('counts everything once', async () => {
      const all = ratings();
      const { data, errors } = await server.ask(ask);
      expect(errors).toBeUndefined();
      expect(data?.datasetStatistics).toEqual({
        users: 7,
        items: 50,
        availableItems: 49,
        scenarios: 1,
        interactions: all.length + 1,
        interactionsByType: [
          { type: 'RATE', count: all.length },
          { type: 'VIEW', count: 0 },
          { type: 'CLICK', count: 1 },
          { type: 'PURCHASE', count: 0 },
          ...['DISLIKE', 'IMPRESSION', 'CART', 'PLAY'].map((type) => ({ type, count: 0 })),
        ],
        // A pair counts once, even with several interactions.
        density: all.length / (7 * 50),
        usersByHistory: [
          { from: 0, to: 0, count: 1 },
          { from: 1, to: 5, count: 2 },
          { from: 6, to: 20, count: 2 },
          { from: 21, to: null, count: 2 },
        ],
        // The first item has seven, those up to the 40th have fewer, the last ten none.
        itemsByHistory: [
          { from: 0, to: 0, count: 10 },
          { from: 1, to: 5, count: 39 },
          { from: 6, to: 20, count: 1 },
          { from: 21, to: null, count: 0 },
        ],
        meanRating: all.reduce((sum, { value }) => sum + Number(value), 0) / all.length,
        earliestInteractionAt: time(100).toISOString(),
        latestInteractionAt: time(9999).toISOString(),
      });
    });

    test('takes one statement', async () => {
      expect(await countStatements(() => datasetStatistics(db.database))).toBe(1);
    });
  });

  describe('of a database with the largest numbers', () => {
    const db = testDatabase();
    const server = testServer(db);

    test('has the mean of all ratings, and all values can be read', async () => {
      const ratings = [1, 4].map((value, item) => ({
        ...{ userId: 'u1', itemId: `i${item + 1}`, type: 'RATE' as const, value },
        time: time(item),
      }));
      const dataset = smallDataset({ ...smallCatalog(1, 2), interactions: ratings });
      await loadDataset(db.pool, dataset, { ratingScale: { minimum: 1, maximum: 5 } });
      const largest = String(1e12);
      await runSql(
        db.url,
        `INSERT INTO interactions (user_id, item_id, type, value, occurred_at)
         SELECT users.id, items.id, type, value, '2020-01-01' FROM users, items,
           unnest('{RATE,VIEW,CLICK,PURCHASE}'::text[]) AS type, unnest('{${largest},${largest},-${largest}}'::float8[]) AS value
         WHERE items.external_id = 'i1'`,
      );
      const { data, errors } = await server.ask(ask);
      expect(errors).toBeUndefined();
      expect(data?.datasetStatistics).toMatchObject({ interactions: 14, meanRating: (1 + 4 + 1e12) / 5 });
      const listed = await server.ask('{ interactions { edges { node { value } } } }');
      expect(listed.errors).toBeUndefined();
      expect(JSON.stringify(listed.data).split(largest)).toHaveLength(1 + 12);
    });
  });
});
