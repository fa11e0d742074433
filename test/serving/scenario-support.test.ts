import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import type { LiveScenario } from '../../src/live-catalog/scenario-table.ts';
import { adaptTask } from '../../src/serving/adapted-model.ts';
import { ItemEmbeddings } from '../../src/serving/item-embeddings.ts';
import { readScenarioSupports } from '../../src/serving/scenario-support.ts';
import { UserEmbeddings } from '../../src/serving/user-embeddings.ts';
import { countStatements } from '../support/count-statements.ts';
import { type Lists, openLists } from '../support/open-lists.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { recordingRecommender } from '../support/recording-recommender.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const pool = ['i1', 'i2', 'i3', 'i4', 'i5', 'i6'];
const catalog = smallCatalog(6, 12);
const everybody = { user: catalog.users.map(({ id }) => id), item: catalog.items.map(({ id }) => id) };

describe('readScenarioSupports', () => {
  const db = testDatabase();
  let lists: Lists;

  const click = (userId: string, itemId: string) =>
    recordInteraction(db.pool, ratingScale, { userId, itemId, type: 'CLICK' });
  const momentOf = async (scenario: string, watermark: bigint) => {
    await lists.catalog.refresh();
    return { ...(lists.catalog.scenarios.byExternalId(scenario) as LiveScenario), watermark };
  };
  /** The support set of a scenario. */
  const supportOf = async (
    options: Parameters<typeof recordingRecommender>[1],
    { known = everybody, versionId = 1, watermark = 10n ** 12n, scenario = 's1' } = {},
  ) => {
    const recommender = recordingRecommender(known, options);
    // Support sets are kept by model version, and each call has another model.
    const fresh = await openLists(db, await openEngine('cpu'), { candidates: 1 });
    const session = await fresh.session();
    const { items } = fresh.catalog;
    const task = {
      recipient: await session.recipient({ visitor: {} }),
      scenario: await momentOf(scenario, watermark),
      newestItemId: 0,
    };
    const embeddings = new ItemEmbeddings(items, recommender, 1000);
    const users = new UserEmbeddings(recommender);
    const model = { versionId, taskKind: 'SCENARIO', recommender, embeddings, users, servesFrom: 1 } as const;
    const adapted = await adaptTask(session, model, 'SCENARIO', task);
    return adapted && recommender.recorded[0];
  };

  beforeAll(async () => {
    const scenarios = [
      { id: 's1', title: 'Used', items: pool },
      { id: 's2', title: 'Unused', items: ['i11', 'i12'] },
    ];
    await loadDataset(db.pool, smallDataset({ ...catalog, scenarios }), { ratingScale });
    lists = await openLists(db, await openEngine('cpu'), { candidates: 1 });
    await click('u1', 'i1');
    await click('u2', 'i2');
    await click('u1', 'i9');
    await recordInteraction(db.pool, ratingScale, { userId: 'u3', itemId: 'i1', type: 'RATE', value: 4 });
    await click('u1', 'i3');
  });

  describe('with low ratings', () => {
    const rate = (userId: string, itemId: string, value: number) =>
      recordInteraction(db.pool, ratingScale, { userId, itemId, type: 'RATE', value });
    const pairsOf = async (options: Parameters<typeof supportOf>[0], more?: Parameters<typeof supportOf>[1]) => {
      const { users = [], items = [] } = (await supportOf(options, more)) ?? {};
      return users.map((user, pair) => `${user} ${items[pair]}`);
    };
    const before = ['u1 i1', 'u2 i2', 'u3 i1', 'u1 i3'];
    let last: bigint;

    beforeAll(async () => {
      last = (await db.database.interaction.findFirstOrThrow({ orderBy: { id: 'desc' } })).id;
      await rate('u4', 'i2', 3.5);
      await rate('u3', 'i1', 1);
      await rate('u5', 'i2', 1);
      await click('u5', 'i2');
    });
    afterAll(() => db.database.interaction.deleteMany({ where: { id: { gt: last } } }));

    test('has no pair whose latest interaction is a low rating', async () => {
      expect(await pairsOf({ support: 'positives' })).toEqual(['u1 i1', 'u2 i2', 'u1 i3', 'u5 i2']);
      expect(await pairsOf({ support: 'positives' }, { watermark: last })).toEqual(before);
      expect(await pairsOf({ support: 'positives' }, { watermark: last + 1n })).toEqual(before);
      expect(await pairsOf({ support: 'positives' }, { watermark: last + 2n })).toEqual(
        before.filter((pair) => pair !== 'u3 i1'),
      );
    });

    test('contains the most recent positives, however many low ratings came after them', async () => {
      for (let n = 0; n < 5; n++) await rate('u6', `i${1 + (n % 3)}`, 2);
      expect(await pairsOf({ support: 'positives', supportLimit: 2 })).toEqual(['u1 i3', 'u5 i2']);
    });
  });

  describe('with dislikes and interactions that are recorded late', () => {
    const store = (userId: string, itemId: string, type: string, occurredAt: string) =>
      db.pool.query(
        `INSERT INTO interactions (user_id, item_id, type, occurred_at)
         SELECT users.id, items.id, $3, now() + $4::interval FROM users, items
         WHERE users.external_id = $1 AND items.external_id = $2`,
        [userId, itemId, type, occurredAt],
      );
    const pairsOf = async (options: Parameters<typeof supportOf>[0]) => {
      const { users = [], items = [] } = (await supportOf(options)) ?? {};
      return users.map((user, pair) => `${user} ${items[pair]}`);
    };
    let last: bigint;

    beforeAll(async () => {
      last = (await db.database.interaction.findFirstOrThrow({ orderBy: { id: 'desc' } })).id;
      await store('u2', 'i2', 'DISLIKE', '1 hour');
      // Recorded last, and the earliest of all.
      await store('u4', 'i5', 'VIEW', '-10 days');
      await store('u1', 'i4', 'DISLIKE', '-5 days');
      await store('u1', 'i6', 'VIEW', '-9 days');
      await store('u1', 'i6', 'DISLIKE', '-12 days');
    });
    afterAll(async () => {
      await db.database.interaction.deleteMany({ where: { id: { gt: last } } });
      await db.pool.query(`UPDATE interaction_types SET expires_after_days = NULL WHERE name = 'DISLIKE'`);
    });

    test('has no pair that was disliked later, and the others in the order of time', async () => {
      expect(await pairsOf({ support: 'positives' })).toEqual(['u4 i5', 'u1 i6', 'u1 i1', 'u3 i1', 'u1 i3']);
      expect(await pairsOf({ support: 'positives', supportLimit: 2 })).toEqual(['u3 i1', 'u1 i3']);
    });

    test('takes what a user dislikes first as a negative of the user', async () => {
      const pairs = await pairsOf({ support: 'positivesAndNegatives' });
      expect(pairs.slice(5).filter((pair) => pair.startsWith('u1'))[0]).toBe('u1 i4');
      expect(pairs.slice(5)).not.toContain('u1 i6');
    });

    test('has the likes again, and no such negative, once the dislikes have expired', async () => {
      await db.pool.query(`UPDATE interaction_types SET expires_after_days = 0.0001 WHERE name = 'DISLIKE'`);
      await db.pool.query(`UPDATE interactions SET occurred_at = now() - interval '1 hour' WHERE type = 'DISLIKE'`);
      await lists.catalog.refresh();
      const pairs = await pairsOf({ support: 'positivesAndNegatives' });
      expect(pairs.slice(0, 6)).toContain('u2 i2');
      expect(pairs.slice(6)).not.toContain('u1 i4');
    });
  });

  test('contains all users’ positive interactions of any type with its items, oldest first, and no others', async () => {
    expect(await supportOf({ support: 'positives' })).toEqual({
      users: ['u1', 'u2', 'u3', 'u1'],
      items: ['i1', 'i2', 'i1', 'i3'],
      labels: [1, 1, 1, 1],
    });
  });

  test('is undefined without interactions', async () => {
    expect(await supportOf({ support: 'positives' }, { scenario: 's2' })).toBeUndefined();
  });

  test('contains only the most recent of many interactions', async () => {
    expect(await supportOf({ support: 'positives', supportLimit: 2 })).toMatchObject({ items: ['i1', 'i3'] });
  });

  test('does not contain interactions after the watermark', async () => {
    const last = await db.database.interaction.findFirstOrThrow({ orderBy: { id: 'desc' } });
    await click('u4', 'i2');
    expect(await supportOf({ support: 'positives' }, { watermark: last.id })).toMatchObject({
      users: ['u1', 'u2', 'u3', 'u1'],
    });
    await db.database.interaction.deleteMany({ where: { user: { externalId: 'u4' } } });
  });

  test('contains a repeated pair once, at its latest position', async () => {
    await click('u2', 'i2');
    expect(await supportOf({ support: 'positives' })).toMatchObject({
      users: ['u1', 'u3', 'u1', 'u2'],
      items: ['i1', 'i1', 'i3', 'i2'],
    });
  });

  test('contains users and items that the model does not know, as unknown ones', async () => {
    const known = { user: ['u1', 'u3'], item: ['i1', 'i3'] };
    expect(await supportOf({ support: 'positives' }, { known })).toMatchObject({
      users: ['u1', 'u3', 'u1', '?'],
      items: ['i1', 'i1', 'i3', '?'],
    });
  });

  test('has a negative for each positive, after all positives: an item of the pool that the user has not interacted with', async () => {
    const support = await supportOf({ support: 'positivesAndNegatives' });
    expect(support?.labels).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
    expect(support?.users.slice(4)).toEqual(support?.users.slice(0, 4));
    const positives = new Set(support?.items.slice(0, 4).map((item, pair) => `${support.users[pair]} ${item}`));
    for (const [pair, item] of support?.items.slice(4).entries() ?? []) {
      expect(pool).toContain(item);
      expect(positives).not.toContain(`${support?.users[pair]} ${item}`);
    }
  });

  test('has the same negatives each time, but others for another model version', async () => {
    const options = { support: 'positivesAndNegatives' } as const;
    const first = await supportOf(options);
    expect(await supportOf(options)).toEqual(first);
    const others = await Promise.all([2, 3, 4, 5].map((versionId) => supportOf(options, { versionId })));
    expect(new Set([first, ...others].map((support) => support?.items.join())).size).toBeGreaterThan(1);
  });

  test('keeps its negatives when items become unavailable', async () => {
    const before = await supportOf({ support: 'positivesAndNegatives' });
    const where = { externalId: { in: before?.items.slice(4) ?? [] } };
    await db.database.item.updateMany({ where, data: { available: false } });
    const after = await supportOf({ support: 'positivesAndNegatives' });
    await db.database.item.updateMany({ where, data: { available: true } });
    expect(after).toEqual(before);
  });

  test('links each positive to its negative', async () => {
    const recommender = recordingRecommender(everybody, { support: 'positivesAndNegatives' });
    const reader = { catalog: lists.catalog, connections: db.pool };
    const moment = await momentOf('s1', 10n ** 12n);
    const [support] = await readScenarioSupports(reader, { versionId: 1, recommender }, [moment]);
    expect(support?.known).toBe(4);
    expect(support?.negatives).toEqual([4, 5, 6, 7]);
    for (const [pair, negative] of support?.negatives.entries() ?? [])
      expect(support?.userIds[negative as number]).toBe(support?.userIds[pair]);
  });

  test('is the same for several scenarios read together, with as many statements as for one', async () => {
    await click('u6', 'i11');
    await click('u2', 'i12');
    const recommender = recordingRecommender(everybody, { support: 'positivesAndNegatives' });
    const model = { versionId: 1, recommender };
    const now = 10n ** 12n;
    const last = await db.database.interaction.findFirstOrThrow({ orderBy: { id: 'desc' } });
    const moments = [
      await momentOf('s1', now),
      await momentOf('s2', 0n),
      await momentOf('s2', now),
      await momentOf('s2', last.id - 1n),
      await momentOf('s1', 2n),
    ];
    const reader = { catalog: lists.catalog, connections: db.pool };
    const read = (some: typeof moments) => readScenarioSupports(reader, model, some);
    const apart = await Promise.all(moments.map(async (moment) => (await read([moment]))[0]));
    expect(await read(moments)).toEqual(apart.map((support) => support && { ...support, users: expect.any(Map) }));
    expect(apart.map((support) => support?.known)).toEqual([4, undefined, 2, 1, 2]);
    expect(await countStatements(() => read(moments))).toBe(await countStatements(() => read([moments[0] as never])));
    await db.database.interaction.deleteMany({ where: { item: { externalId: { in: ['i11', 'i12'] } } } });
  });

  test('has no negatives for a user who has interacted with every item of the pool', async () => {
    for (const item of pool) await click('u5', item);
    const support = await supportOf({ support: 'positivesAndNegatives', supportLimit: 12 });
    expect(support?.users).toEqual(new Array(6).fill('u5'));
    expect(support?.labels).toEqual(new Array(6).fill(1));
  });

  test('has half of its places for negatives', async () => {
    await db.database.interaction.deleteMany({ where: { user: { externalId: 'u5' } } });
    const support = await supportOf({ support: 'positivesAndNegatives', supportLimit: 4 });
    expect(support?.labels).toEqual([1, 1, 0, 0]);
  });
});
