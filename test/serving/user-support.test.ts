import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { ItemEmbeddings } from '../../src/serving/item-embeddings.ts';
import { readStoredUsers, type StoredUser, storedRecipient } from '../../src/serving/recipient.ts';
import { readUserSupport } from '../../src/serving/user-support.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { recordingRecommender } from '../support/recording-recommender.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const catalog = smallCatalog(3, 10);
const everybody = { user: catalog.users.map(({ id }) => id), item: catalog.items.map(({ id }) => id) };

describe('readUserSupport', () => {
  const db = testDatabase();

  const record = (itemId: string, type: 'RATE' | 'CLICK' | 'VIEW' | 'PURCHASE', value: number | null = null) =>
    recordInteraction(db.database, ratingScale, { userId: 'u1', itemId, type, value });
  /** The support set of a user. */
  const supportOf = async (
    options: Parameters<typeof recordingRecommender>[1],
    { userId = 'u1', versionId = 1, newest = 10 ** 9 } = {},
  ) => {
    const recommender = recordingRecommender(everybody, options);
    const embeddings = new ItemEmbeddings(db.database, recommender, 1000);
    const [user] = await readStoredUsers(db.database, [userId]);
    const recipient = storedRecipient(db.database, user as StoredUser, 10n ** 12n);
    const model = { versionId, recommender, embeddings };
    const support = await readUserSupport(db.database, model, recipient, newest);
    if (!support) return undefined;
    const rows = await db.database.item.findMany({ where: { id: { in: [...support.ids] } } });
    const items = support.ids.map((item) => rows.find(({ id }) => id === item)?.externalId as string);
    return { items, labels: [...support.labels], negatives: support.negatives };
  };

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(catalog), { ratingScale });
    await record('i1', 'CLICK');
    await record('i2', 'RATE', 4);
    await record('i3', 'PURCHASE');
    await record('i4', 'RATE', 1);
    await record('i1', 'VIEW');
  });

  test('contains only ratings for a model with labels', async () => {
    expect(await supportOf({ support: 'labels' })).toMatchObject({ items: ['i2', 'i4'], labels: [4, 1] });
  });

  test('contains interactions of any type for a model of positives, each item once, at its latest position', async () => {
    expect(await supportOf({ support: 'positives' })).toMatchObject({
      items: ['i2', 'i3', 'i4', 'i1'],
      labels: [1, 1, 1, 1],
    });
  });

  test('is undefined for a user without interactions', async () => {
    expect(await supportOf({ support: 'positivesAndNegatives' }, { userId: 'u2' })).toBeUndefined();
  });

  test('has as many negatives as positives, and none that the user ever interacted with', async () => {
    const support = await supportOf({ support: 'positivesAndNegatives', supportLimit: 6 });
    expect(support?.labels).toEqual([1, 1, 1, 0, 0, 0]);
    expect(support?.items.slice(0, 3)).toEqual(['i3', 'i4', 'i1']);
    const negatives = support?.items.slice(3) ?? [];
    expect(new Set(negatives).size).toBe(3);
    for (const item of negatives) expect(['i5', 'i6', 'i7', 'i8', 'i9', 'i10']).toContain(item);
  });

  test('has the same negatives each time, even when items become unavailable, but others for another model version', async () => {
    const options = { support: 'positivesAndNegatives', supportLimit: 4 } as const;
    const first = await supportOf(options);
    await db.database.item.updateMany({ data: { available: false } });
    expect(await supportOf(options)).toEqual(first);
    await db.database.item.updateMany({ data: { available: true } });
    const others = await Promise.all([2, 3, 4, 5].map((versionId) => supportOf(options, { versionId })));
    expect(new Set([first, ...others].map((support) => support?.items.join())).size).toBeGreaterThan(1);
  });

  test('draws all items without an interaction of the user about equally often', async () => {
    const counts = new Map<string, number>();
    for (let versionId = 1; versionId <= 120; versionId++) {
      const support = await supportOf({ support: 'positivesAndNegatives', supportLimit: 6 }, { versionId });
      for (const item of support?.items.slice(3) ?? []) counts.set(item, (counts.get(item) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    // 120 draws of 3 of 6: 60 each, with a standard deviation of 5.5.
    for (const count of counts.values()) expect(Math.abs(count - 60)).toBeLessThan(4 * 5.5);
  });

  test('with one positive less, lacks only the last negative', async () => {
    const support = await supportOf({ support: 'positivesAndNegatives', supportLimit: 6 });
    const fewer = await supportOf({ support: 'positivesAndNegatives', supportLimit: 4 });
    expect(support?.negatives).toEqual([5, 5, 5]);
    expect(fewer?.items.slice(2)).toEqual(support?.items.slice(3, 5));
  });

  test('has no negatives that are newer than the list', async () => {
    const rows = await db.database.item.findMany({ where: { externalId: { in: ['i5', 'i6'] } } });
    const newest = Math.max(...rows.map(({ id }) => id));
    const support = await supportOf({ support: 'positivesAndNegatives' }, { newest });
    expect(support?.items.slice(4).toSorted()).toEqual(['i5', 'i6']);
    expect(support?.negatives).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('changes at most one negative when an item is added to the catalog', async () => {
    const options = { support: 'positivesAndNegatives', supportLimit: 6 } as const;
    const before = (await supportOf(options))?.items.slice(3) ?? [];
    const features = { genres: ['odd'], length: 3 };
    await db.database.item.create({ data: { externalId: 'new', title: 'New', features } });
    const after = (await supportOf(options))?.items.slice(3) ?? [];
    await db.database.item.delete({ where: { externalId: 'new' } });
    expect(before.filter((item) => !after.includes(item)).length).toBeLessThanOrEqual(1);
  });
});
