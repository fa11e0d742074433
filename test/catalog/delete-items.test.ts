import { beforeAll, describe, expect, test } from '@jest/globals';
import { deleteItems } from '../../src/catalog/delete-items.ts';
import { deleteScenarios } from '../../src/catalog/delete-scenarios.ts';
import { InteractionWriter } from '../../src/interactions/interaction-writer.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { recordInteractions } from '../../src/interactions/record-interactions.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };

describe('deleting items and scenarios', () => {
  const db = testDatabase();
  const click = (user: string, item: string, scenario?: string) =>
    ({ user, item, type: 'CLICK', ...(scenario !== undefined && { scenario }) }) as const;
  const count = async (table: string) => {
    const { rows } = await db.pool.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
    return Number(rows[0]?.count);
  };

  beforeAll(async () => {
    const scenarios = ['s1', 's2'].map((id) => ({ id, title: id, items: ['i1', 'i2', 'i3'] }));
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(4, 6), scenarios }), { ratingScale });
    await recordInteractions(new InteractionWriter(db.pool), { ratingScale }, [
      click('u1', 'i1', 's1'),
      click('u1', 'i2', 's1'),
      click('u2', 'i2', 's2'),
    ]);
  });

  test('deletes no item if one of them is unknown, and names it', async () => {
    await expect(deleteItems(db.database, ['i1', 'nothing', 'i2'])).rejects.toMatchObject({
      errors: [{ code: 'ITEM_NOT_FOUND', field: ['items', 1] }],
    });
    expect([await count('items'), await count('interactions')]).toEqual([6, 3]);
  });

  test('deletes items with their interactions, popularity and places in pools', async () => {
    await deleteItems(db.database, ['i2', 'i2', 'i6']);
    expect([await count('items'), await count('interactions'), await count('item_popularity')]).toEqual([4, 1, 1]);
    expect(await count('scenario_items')).toBe(4);
  });

  test('deletes scenarios, and keeps their interactions without a scenario', async () => {
    await expect(deleteScenarios(db.database, ['s1', 'nowhere'])).rejects.toMatchObject({
      errors: [{ code: 'SCENARIO_NOT_FOUND', field: ['scenarios', 1] }],
    });
    await deleteScenarios(db.database, ['s1']);
    expect([await count('scenarios'), await count('scenario_items'), await count('interactions')]).toEqual([1, 2, 1]);
    expect(await db.database.interaction.findMany({ select: { scenarioId: true } })).toEqual([{ scenarioId: null }]);
  });

  test('makes no recording of interactions fail', async () => {
    const items = Array.from({ length: 40 }, (_, n) => `brief ${n}`);
    const writer = new InteractionWriter(db.pool);
    for (let round = 0; round < 5; round++) {
      await db.database.item.createMany({ data: items.map((externalId) => ({ externalId, title: 'Brief' })) });
      const recorded = Array.from({ length: 8 }, (_, client) => {
        const ordered = client % 2 === 0 ? items : items.toReversed();
        return recordInteractions(
          writer,
          { ratingScale },
          ordered.map((item) => click(`u${1 + (client % 4)}`, item)),
        );
      });
      const results = await Promise.all([deleteItems(db.database, items), ...recorded]);
      // Every other error would be that of a lock.
      const errors = results.flatMap((result) => result?.errors ?? []);
      expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(errors.length > 0 ? ['ITEM_NOT_FOUND'] : []));
    }
    expect(await db.database.interaction.count({ where: { item: { title: 'Brief' } } })).toBe(0);
  });
});
