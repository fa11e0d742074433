import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { recordInteraction } from '../../src/interactions/record-interaction.ts';
import { supportKinds } from '../../src/models/support-kinds.ts';
import { readScenarioSupports } from '../../src/serving/adapt-to-scenario.ts';
import { readUserSupports } from '../../src/serving/adapt-to-user.ts';
import { ItemEmbeddings } from '../../src/serving/item-embeddings.ts';
import type { Support } from '../../src/serving/support.ts';
import { countStatements } from '../support/count-statements.ts';
import { recordingRecommender } from '../support/recording-recommender.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const catalog = smallCatalog(5, 12);
const known = { user: catalog.users.map(({ id }) => id), item: catalog.items.map(({ id }) => id) };
const watermark = 10n ** 12n;

describe('support sets read at once', () => {
  const db = testDatabase();
  const modelOf = (support: (typeof supportKinds)[number]) => {
    const recommender = recordingRecommender(known, { support, supportLimit: 4 });
    return { versionId: 7, recommender, embeddings: new ItemEmbeddings(db.database, recommender) };
  };

  beforeAll(async () => {
    const scenarios = [
      { id: 's1', title: 'First', items: ['i1', 'i2', 'i3', 'i4'] },
      { id: 's2', title: 'Unused', items: ['i12'] },
      { id: 's3', title: 'Third', items: ['i3', 'i5', 'i6', 'i7'] },
    ];
    await loadDataset(db.pool, smallDataset({ ...catalog, scenarios }), { ratingScale });
    for (const [user, item] of [
      [1, 1],
      [2, 3],
      [1, 3],
      [3, 5],
      [3, 1],
      [2, 6],
      [1, 7],
      [1, 1],
      [4, 2],
    ] as const) {
      const pair = { userId: `u${user}`, itemId: `i${item}` };
      await recordInteraction(db.database, ratingScale, { ...pair, type: 'CLICK' });
      if (item % 2) await recordInteraction(db.database, ratingScale, { ...pair, type: 'RATE', value: user });
    }
  });

  describe.each(supportKinds)('with %s', (support) => {
    test('are those of users one at a time, and nothing for those who did nothing', async () => {
      const model = modelOf(support);
      const rows = await db.database.user.findMany({ orderBy: { id: 'desc' } });
      const moments = rows.map(({ id }) => ({ userId: id, watermark }));
      const single: (Support | undefined)[] = [];
      for (const moment of moments)
        single.push(...(await readUserSupports(db.database, model, [moment], 100)));
      expect(await readUserSupports(db.database, model, moments, 100)).toEqual(single);
      expect(single[0]).toBeUndefined();
      expect(single.filter(Boolean).length).toBeGreaterThanOrEqual(3);
    });

    test('are those of scenarios one at a time, and nothing where nothing happened', async () => {
      const model = modelOf(support);
      const rows = await db.database.scenario.findMany({ orderBy: { id: 'desc' } });
      const moments = rows.map(({ id }) => ({ id, watermark }));
      const single: (Support | undefined)[] = [];
      for (const moment of moments)
        single.push(...(await readScenarioSupports(db.database, model, [moment])));
      expect(await readScenarioSupports(db.database, model, moments)).toEqual(single);
      expect(single.map((found) => found === undefined)).toEqual([false, true, false]);
    });
  });

  test('take as many statements for many as for one', async () => {
    const model = modelOf('positivesAndNegatives');
    const rows = await db.database.user.findMany();
    const moments = rows.map(({ id }) => ({ userId: id, watermark }));
    expect(await countStatements(() => readUserSupports(db.database, model, moments, 100))).toBe(3);
    const scenarios = (await db.database.scenario.findMany()).map(({ id }) => ({ id, watermark }));
    expect(await countStatements(() => readScenarioSupports(db.database, model, scenarios))).toBe(3);
  });

  test('name for each known pair of a scenario the negative of the same user, and of a user the one drawn last', async () => {
    const model = modelOf('positivesAndNegatives');
    const scenario = await db.database.scenario.findUniqueOrThrow({ where: { externalId: 's1' } });
    const [support] = await readScenarioSupports(db.database, model, [{ id: scenario.id, watermark }]);
    const named = (support as Support).negatives.filter((row) => row !== undefined);
    expect(new Set(named).size).toBe((support as Support).ids.length - (support as Support).known);
    for (const [row, negative] of (support as Support).negatives.entries()) {
      if (negative === undefined) continue;
      expect(negative).toBeGreaterThanOrEqual((support as Support).known);
      expect((support as Support).userIds[negative]).toBe((support as Support).userIds[row]);
    }
    const user = await db.database.user.findUniqueOrThrow({ where: { externalId: 'u3' } });
    const [own] = await readUserSupports(db.database, model, [{ userId: user.id, watermark }], 100);
    expect(own).toMatchObject({ known: 2, ids: { length: 4 } });
    expect(new Set(own?.negatives).size).toBe(1);
    // Without one of the two, the negative that is not named is the one drawn.
    const kept = own?.ids.filter((_, row) => row >= 2 && row !== own.negatives[0]);
    const dropped = own?.ids[0] as number;
    await db.database.interaction.deleteMany({ where: { userId: user.id, itemId: dropped } });
    await db.database.item.update({ where: { id: dropped }, data: { available: false } });
    const [fewer] = await readUserSupports(db.database, model, [{ userId: user.id, watermark }], 100);
    expect(fewer?.ids.slice(1)).toEqual(kept);
  });
});
