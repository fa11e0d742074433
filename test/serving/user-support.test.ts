import { beforeAll, describe, expect, test } from '@jest/globals';
import { defaultInteractionTypes } from '../../src/features/interaction-types.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { LiveCatalog } from '../../src/live-catalog/live-catalog.ts';
import type { SupportKind } from '../../src/models/recommender.ts';
import { readStoredUsers, type StoredUser } from '../../src/serving/stored-users.ts';
import { userSupport } from '../../src/serving/user-support.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { recordingRecommender } from '../support/recording-recommender.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const catalog = smallCatalog(3, 10);
const everybody = { user: catalog.users.map(({ id }) => id), item: catalog.items.map(({ id }) => id) };

describe('userSupport', () => {
  const db = testDatabase();
  let live: LiveCatalog;

  const record = (itemId: string, type: 'RATE' | 'CLICK' | 'VIEW' | 'PURCHASE', value: number | null = null) =>
    recordInteraction(db.pool, ratingScale, { userId: 'u1', itemId, type, value });
  /** The support set of a user. */
  const supportOf = async (
    options: Parameters<typeof recordingRecommender>[1],
    { userId = 'u1', versionId = 1, newest = 10 ** 9 } = {},
  ) => {
    const recommender = recordingRecommender(everybody, options);
    await live.refresh();
    const [user] = await readStoredUsers(db.pool, live, [userId]);
    const model = { versionId, recommender };
    const support = await userSupport({ catalog: live }, model, user as StoredUser, newest);
    if (!support) return undefined;
    const items = support.rows.map((row) => live.items.externalIdOf(row));
    const { labels, types, negatives } = support;
    return { items, labels: [...labels], negatives, ...(types && { types: [...types] }) };
  };

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(catalog), { ratingScale });
    live = await LiveCatalog.open({ connections: db.pool });
    await record('i1', 'CLICK');
    await record('i2', 'RATE', 4);
    await record('i3', 'PURCHASE');
    await record('i4', 'RATE', 1);
    await record('i1', 'VIEW');
  });

  test('contains only ratings for a model with labels', async () => {
    expect(await supportOf({ support: 'labels' })).toMatchObject({ items: ['i2', 'i4'], labels: [4, 1] });
  });

  test('contains positive interactions for a model of positives, each item once, at its latest position', async () => {
    expect(await supportOf({ support: 'positives' })).toMatchObject({ items: ['i2', 'i3', 'i1'], labels: [1, 1, 1] });
  });

  test('contains every interaction with its type and rating for a model of feedback, oldest first', async () => {
    // By type: RATE is 0, VIEW 1, CLICK 2 and PURCHASE 3.
    const all = { items: ['i1', 'i2', 'i3', 'i4', 'i1'], labels: [0, 4, 0, 1, 0], types: [2, 0, 3, 0, 1] };
    expect(await supportOf({ support: 'feedback' })).toMatchObject(all);
    expect(await supportOf({ support: 'feedback', supportLimit: 2 })).toMatchObject({
      items: ['i4', 'i1'],
      labels: [1, 0],
      types: [0, 1],
    });
  });

  test('contains the days between each interaction and the latest one for a model of feedback', async () => {
    const [user] = await readStoredUsers(db.pool, live, ['u1']);
    const model = { versionId: 1, recommender: recordingRecommender(everybody, { support: 'feedback' }) };
    const day = 24 * 60 * 60 * 1000;
    const { history, ...rest } = user as StoredUser;
    const timed = { ...rest, history: { ...history, times: [1, 2, 2, 5, 9].map((days) => days * day) } };
    const support = await userSupport({ catalog: live }, model, timed, 10 ** 9);
    expect(support?.ages).toEqual(Float32Array.of(8, 7, 7, 4, 0));
  });

  test('contains the values of interactions that are no ratings for a model of feedback', async () => {
    const [user] = await readStoredUsers(db.pool, live, ['u1']);
    const model = { versionId: 1, recommender: recordingRecommender(everybody, { support: 'feedback' }) };
    const { history, ...rest } = user as StoredUser;
    const valued = { ...rest, history: { ...history, values: [30, 4, null, 1, 12] } };
    const support = await userSupport({ catalog: live }, model, valued, 10 ** 9);
    // A click, a rating, a purchase, a rating and a view.
    expect(support?.amounts).toEqual(Float32Array.of(30, Number.NaN, Number.NaN, Number.NaN, 12));
  });

  test('of a user without interactions is empty for a model of feedback, and undefined for others', async () => {
    for (const support of ['labels', 'positives', 'positivesAndNegatives'] as const)
      expect(await supportOf({ support }, { userId: 'u2' })).toBeUndefined();
    expect(await supportOf({ support: 'feedback' }, { userId: 'u2' })).toMatchObject({ items: [], types: [] });
  });

  describe('of a user whose interactions are repeated', () => {
    const supportOfRepeated = (support: SupportKind) => supportOf({ support }, { userId: 'u3' });

    beforeAll(async () => {
      for (const [itemId, type, value] of [
        ['i1', 'RATE', 5],
        ['i2', 'VIEW', null],
        ['i3', 'RATE', 3.5],
        ['i1', 'RATE', 2],
        ['i2', 'VIEW', null],
        ['i3', 'PURCHASE', null],
        ['i4', 'VIEW', null],
        ['i4', 'RATE', 1],
      ] as const)
        await recordInteraction(db.pool, ratingScale, { userId: 'u3', itemId, type, value });
    });

    test('has the latest of each item and type for a model of feedback', async () => {
      expect(await supportOfRepeated('feedback')).toMatchObject({
        items: ['i3', 'i1', 'i2', 'i3', 'i4', 'i4'],
        labels: [3.5, 2, 0, 0, 0, 1],
        types: [0, 0, 1, 3, 1, 0],
      });
    });

    test('has no item whose latest interaction is a low rating for a model of positives', async () => {
      expect(await supportOfRepeated('positives')).toMatchObject({ items: ['i2', 'i3'], labels: [1, 1] });
    });

    test('has no negative that the user rated low', async () => {
      const support = await supportOfRepeated('positivesAndNegatives');
      expect(support?.items.slice(0, 2)).toEqual(['i2', 'i3']);
      for (const item of support?.items.slice(2) ?? []) expect(['i1', 'i4']).not.toContain(item);
    });
  });

  test('of a user who dislikes an item after several likes has the dislike alone for a model of feedback', async () => {
    for (const type of ['VIEW', 'CLICK', 'PURCHASE', 'DISLIKE'] as const)
      await recordInteraction(db.pool, ratingScale, { userId: 'u2', itemId: 'i7', type, value: null });
    await recordInteraction(db.pool, ratingScale, { userId: 'u2', itemId: 'i8', type: 'IMPRESSION', value: null });
    const [dislike] = [defaultInteractionTypes.findIndex(({ name }) => name === 'DISLIKE')];
    expect(await supportOf({ support: 'feedback' }, { userId: 'u2' })).toMatchObject({
      items: ['i7'],
      types: [dislike],
    });
    expect(await supportOf({ support: 'positives' }, { userId: 'u2' })).toBeUndefined();
    await recordInteraction(db.pool, ratingScale, { userId: 'u2', itemId: 'i7', type: 'VIEW', value: null });
    expect(await supportOf({ support: 'positives' }, { userId: 'u2' })).toMatchObject({ items: ['i7'] });
  });

  test('has as many negatives as positives, and none that the user ever interacted with', async () => {
    const support = await supportOf({ support: 'positivesAndNegatives', supportLimit: 6 });
    expect(support?.labels).toEqual([1, 1, 1, 0, 0, 0]);
    expect(support?.items.slice(0, 3)).toEqual(['i2', 'i3', 'i1']);
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
    expect(support?.items.slice(3).toSorted()).toEqual(['i5', 'i6']);
    expect(support?.negatives).toEqual([undefined, undefined, undefined]);
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
