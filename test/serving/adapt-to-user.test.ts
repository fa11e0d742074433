import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { adaptToUser } from '../../src/serving/adapt-to-user.ts';
import { ItemEmbeddings } from '../../src/serving/item-embeddings.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { recordingRecommender } from '../support/recording-recommender.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const catalog = smallCatalog(3, 10);
const everybody = { user: catalog.users.map(({ id }) => id), item: catalog.items.map(({ id }) => id) };
const one = { rows: 1, width: 1, data: new Float32Array(1) };

describe('adaptToUser', () => {
  const db = testDatabase();

  const record = (
    itemId: string,
    type: 'RATE' | 'CLICK' | 'VIEW' | 'PURCHASE',
    value: number | null = null,
  ) => recordInteraction(db.database, ratingScale, { userId: 'u1', itemId, type, value });
  /** What a model is shown of a user. */
  const shown = async (
    options: Parameters<typeof recordingRecommender>[1],
    { userId = 'u1', versionId = 1, scenarioId = null as number | null } = {},
  ) => {
    const recommender = recordingRecommender(everybody, options);
    const embeddings = new ItemEmbeddings(db.database, recommender);
    const { id } = await db.database.user.findUniqueOrThrow({ where: { externalId: userId } });
    const moment = { userId: id, watermark: 10n ** 12n, scenarioId };
    await adaptToUser(db.database, { versionId, recommender, embeddings }, moment, one, 1000);
    const [support] = recommender.recorded;
    return support && { items: support.items, labels: support.labels };
  };

  beforeAll(async () => {
    const scenarios = [{ id: 's1', title: 'Two', items: ['i1', 'i2'] }];
    await loadDataset(db.pool, smallDataset({ ...catalog, scenarios }), { ratingScale });
    await record('i1', 'CLICK');
    await record('i2', 'RATE', 4);
    await record('i3', 'PURCHASE');
    await record('i4', 'RATE', 1);
    await record('i1', 'VIEW');
  });

  test('a model of labels is shown the ratings alone', async () => {
    expect(await shown({ support: 'labels' })).toEqual({ items: ['i2', 'i4'], labels: [4, 1] });
  });

  test('a model of positives is shown interactions of any type, an item once, as its latest', async () => {
    expect(await shown({ support: 'positives' })).toEqual({
      items: ['i2', 'i3', 'i4', 'i1'],
      labels: [1, 1, 1, 1],
    });
  });

  test('a user who did nothing is not adapted to', async () => {
    expect(await shown({ support: 'positivesAndNegatives' }, { userId: 'u2' })).toBeUndefined();
  });

  test('negatives are as many available items, none of which the user has met, even long ago', async () => {
    await db.database.item.update({ where: { externalId: 'i10' }, data: { available: false } });
    const support = await shown({ support: 'positivesAndNegatives', supportLimit: 6 });
    await db.database.item.update({ where: { externalId: 'i10' }, data: { available: true } });
    expect(support?.labels).toEqual([1, 1, 1, 0, 0, 0]);
    expect(support?.items.slice(0, 3)).toEqual(['i3', 'i4', 'i1']);
    const negatives = support?.items.slice(3) ?? [];
    expect(new Set(negatives).size).toBe(3);
    for (const item of negatives) expect(['i5', 'i6', 'i7', 'i8', 'i9']).toContain(item);
  });

  test('negatives are the same each time and in a scenario, and others under another model version', async () => {
    const options = { support: 'positivesAndNegatives', supportLimit: 4 } as const;
    const { id } = await db.database.scenario.findUniqueOrThrow({ where: { externalId: 's1' } });
    const first = await shown(options);
    expect(await shown(options)).toEqual(first);
    expect(await shown(options, { scenarioId: id })).toEqual(first);
    const others = await Promise.all([2, 3, 4, 5].map((versionId) => shown(options, { versionId })));
    expect(new Set([first, ...others].map((support) => support?.items.join())).size).toBeGreaterThan(1);
  });

  test('an item more in the catalogue replaces one negative at most', async () => {
    const options = { support: 'positivesAndNegatives', supportLimit: 6 } as const;
    const before = (await shown(options))?.items.slice(3) ?? [];
    const features = { genres: ['odd'], length: 3 };
    await db.database.item.create({ data: { externalId: 'new', title: 'New', features } });
    const after = (await shown(options))?.items.slice(3) ?? [];
    await db.database.item.delete({ where: { externalId: 'new' } });
    expect(before.filter((item) => !after.includes(item)).length).toBeLessThanOrEqual(1);
  });
});
