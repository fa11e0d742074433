import { createHmac } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { encodeFeatures } from '../../src/features/encode-features.ts';
import type { Features } from '../../src/features/feature-schema.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import type { Recommender } from '../../src/models/recommender.ts';
import { loadModelVersion } from '../../src/registry/model-registry.ts';
import { type RecommendationPage, recommend as recommendIn } from '../../src/serving/recommend.ts';
import { type Lists, openLists } from '../support/open-lists.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const items = 30;

describe('RecommendationService', () => {
  const db = testDatabase();
  let engine: Engine;
  let service: Lists;

  const open = (candidates = 1000) => openLists(db, engine, { candidates });
  const rate = (userId: string, itemId: string, value: number) =>
    recordInteraction(db.pool, ratingScale, { userId, itemId, type: 'RATE', value });
  const recommend = async (userId: string, first = 5, after?: string) =>
    recommendIn(await service.session(), { for: { user: userId }, first, after });

  beforeAll(async () => {
    engine = await openEngine('wasm');
    await loadDataset(db.pool, smallDataset(smallCatalog(9, items)), { ratingScale });
    // i1 is the most popular item, then i2, then i3. These users do not request recommendations.
    for (const [itemId, fans] of [
      ['i1', 3],
      ['i2', 2],
      ['i3', 1],
    ] as const) {
      for (let fan = 0; fan < fans; fan++) await rate(`u${9 - fan}`, itemId, 4);
    }
  });
  beforeEach(async () => {
    service = await open();
  });
  afterEach(() => service.close());

  describe('without a model', () => {
    test('recommends popular items with that reason, most interactions first', async () => {
      const { recommendations, hasNextPage } = await recommend('u1', 4);
      expect(await externalIds(recommendations)).toEqual(['i1', 'i2', 'i3', 'i4']);
      expect(recommendations.map(({ score, reason, modelVersionId }) => [score, reason, modelVersionId])).toEqual([
        [3, 'POPULAR', null],
        [2, 'POPULAR', null],
        [1, 'POPULAR', null],
        [0, 'FRESH', null],
      ]);
      expect(hasNextPage).toBe(true);
    });

    test('leaves out items that the user has rated and unavailable items', async () => {
      await db.database.item.update({ where: { externalId: 'i4' }, data: { available: false } });
      await rate('u2', 'i2', 3);
      expect(await externalIds((await recommend('u2', 3)).recommendations)).toEqual(['i1', 'i3', 'i5']);
      await db.database.item.update({ where: { externalId: 'i4' }, data: { available: true } });
    });

    test('pages through all items, each exactly once', async () => {
      const seen = await allPages('u1', 7);
      expect(seen).toHaveLength(items);
      expect(new Set(seen).size).toBe(items);
    });
  });

  describe('with a model', () => {
    let versionId: number;

    beforeAll(async () => {
      versionId = await serveUntrainedModel(db.database, 7);
    });

    test('a user without ratings gets popular items', async () => {
      const { recommendations } = await recommend('u1');
      expect(recommendations.map(({ reason }) => reason)).toEqual(['POPULAR', 'POPULAR', 'POPULAR', 'FRESH', 'FRESH']);
    });

    test('a user with ratings gets every other item in the order of the model adapted to those ratings', async () => {
      await rate('u3', 'i10', 5);
      await rate('u3', 'i11', 1);
      const { recommendations } = await recommend('u3', 100);
      expect(await externalIds(recommendations)).toEqual(await expectedOrder('u3', versionId));
      expect(recommendations).toHaveLength(items - 2);
      expect(new Set(recommendations.map(({ modelVersionId }) => modelVersionId))).toEqual(new Set([versionId]));
      for (const [index, { score }] of recommendations.slice(1).entries()) {
        expect(score).toBeLessThanOrEqual(recommendations[index]?.score as number);
      }
    });

    test('adapting after each rating ends with the same list as adapting to all ratings at once', async () => {
      for (const [itemId, value] of [
        ['i1', 5],
        ['i2', 2],
        ['i7', 4],
        ['i8', 1],
      ] as const) {
        await rate('u4', itemId, value);
        await recommend('u4');
      }
      const folded = await recommend('u4', 100);
      const reopened = await open();
      const atOnce = await recommendIn(await reopened.session(), { for: { user: 'u4' }, first: 100 });
      await reopened.close();
      expect(await externalIds(folded.recommendations)).toEqual(await externalIds(atOnce.recommendations));
      for (const [index, { score }] of folded.recommendations.entries()) {
        expect(score).toBeCloseTo(atOnce.recommendations[index]?.score as number, 4);
      }
    });

    test('a second rating of an item replaces the first', async () => {
      await rate('u5', 'i1', 5);
      await rate('u5', 'i2', 5);
      await recommend('u5');
      await rate('u5', 'i1', 1);
      expect(await externalIds((await recommend('u5', 100)).recommendations)).toEqual(
        await expectedOrder('u5', versionId),
      );
    });

    test('new interactions change the list at once', async () => {
      await rate('u6', 'i20', 5);
      const before = await recommend('u6', 100);
      await rate(
        'u6',
        before.recommendations[0] ? ((await externalIds([before.recommendations[0]]))[0] as string) : '',
        1,
      );
      const after = await recommend('u6', 100);
      expect(after.recommendations.map(({ itemId }) => itemId)).not.toContain(before.recommendations[0]?.itemId);
      expect(after.recommendations.map(({ score }) => score)).not.toEqual(
        before.recommendations.slice(1).map(({ score }) => score),
      );
    });

    test('pages come from one list, even if the user rates items in between', async () => {
      const whole = (await recommend('u6', 100)).recommendations.map(({ itemId }) => itemId);
      const first = await recommend('u6', 10);
      await rate('u6', 'i5', 1);
      const second = await recommend('u6', 10, first.recommendations.at(-1)?.cursor);
      const third = await recommend('u6', 100, second.recommendations.at(-1)?.cursor);
      expect(
        [first, second, third].flatMap(({ recommendations }) => recommendations.map(({ itemId }) => itemId)),
      ).toEqual(whole);
      expect(third.hasNextPage).toBe(false);
    });

    test('no page repeats or skips an item, even if the user requests other lists and rates in between', async () => {
      for (let n = 16; n < 24; n++) {
        await rate('u8', `i${n}`, 1 + (n % 5));
        const whole = (await recommend('u8', 100)).recommendations.map(({ itemId }) => itemId);
        const first = await recommend('u8', 6);
        await rate('u8', `i${n - 14}`, 3);
        await recommend('u8', 6);
        const rest = await recommend('u8', 100, first.recommendations.at(-1)?.cursor);
        expect([...first.recommendations, ...rest.recommendations].map(({ itemId }) => itemId)).toEqual(whole);
      }
    });

    test('a list continues with its model version after another version was promoted', async () => {
      const whole = (await recommend('u3', 100)).recommendations.map(({ itemId }) => itemId);
      const first = await recommend('u3', 10);
      const promoted = await serveUntrainedModel(db.database, 8);
      const second = await recommend('u3', 100, first.recommendations.at(-1)?.cursor);
      expect(second.recommendations.map(({ itemId }) => itemId)).toEqual(whole.slice(10));
      expect((await recommend('u3', 1)).recommendations[0]?.modelVersionId).toBe(promoted);
    });

    test('an item is scored by its new features after they change', async () => {
      const active = await serveUntrainedModel(db.database, 9);
      await recommend('u3');
      await db.database.item.update({
        where: { externalId: 'i30' },
        data: { features: { genres: ['odd'], length: 1000 } },
      });
      expect(await externalIds((await recommend('u3', 100)).recommendations)).toEqual(
        await expectedOrder('u3', active),
      );
    });

    test('adaptation uses the new features of a user or a rated item after they change', async () => {
      const active = await serveUntrainedModel(db.database, 11);
      await recommend('u3');
      await db.database.user.update({ where: { externalId: 'u3' }, data: { features: { region: 'south' } } });
      await db.database.item.update({
        where: { externalId: 'i10' },
        data: { features: { genres: ['odd'], length: 500 } },
      });
      expect(await externalIds((await recommend('u3', 100)).recommendations)).toEqual(
        await expectedOrder('u3', active),
      );
    });

    test('a new item is recommended at once', async () => {
      await recommend('u3');
      const features = { genres: ['odd'], length: 3 };
      const { id } = await db.database.item.create({ data: { externalId: 'new', title: 'New', features } });
      const found = (await recommend('u3', 100)).recommendations.find(({ itemId }) => itemId === id);
      expect(found).toMatchObject({ reason: 'FRESH', modelVersionId: expect.any(Number) });
      const popular = await recommend('u1', 100);
      expect(popular.recommendations.at(-1)).toMatchObject({
        itemId: id,
        reason: 'FRESH',
        modelVersionId: null,
      });
      await db.database.item.delete({ where: { externalId: 'new' } });
    });

    test('only the most recent ratings count if there are more than the model’s limit', async () => {
      const active = await serveUntrainedModel(db.database, 10, { supportLimit: 3 });
      for (let n = 1; n <= 6; n++) {
        await rate('u7', `i${10 + n}`, 1 + (n % 5));
        await recommend('u7');
      }
      expect(await externalIds((await recommend('u7', 100)).recommendations)).toEqual(
        await expectedOrder('u7', active, 3),
      );
    });

    test('the candidates of a large catalog are the most popular and the newest items', async () => {
      const few = await open(10);
      await rate('u1', 'i15', 4);
      const { recommendations } = await recommendIn(await few.session(), { for: { user: 'u1' }, first: 100 });
      await few.close();
      const ids = await externalIds(recommendations);
      expect(ids).toHaveLength(10);
      expect(ids).toEqual(expect.arrayContaining(['i1', 'i2', 'i30']));
    });

    test('concurrent requests share the loaded model and return the same list', async () => {
      const pages = await Promise.all(Array.from({ length: 20 }, () => recommend('u3', 10)));
      expect(new Set(pages.map((page) => JSON.stringify(page.recommendations))).size).toBe(1);
    });
  });

  describe('refuses', () => {
    test('an unknown user', async () => {
      await expect(recommend('nobody')).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
    });

    test.each([
      '',
      Buffer.from('[1,"u1",null,"0",1,9007199254740991]').toString('base64url'),
      Buffer.from('[1,"u1",99999999999,"5",1,1]').toString('base64url'),
      'x',
      Buffer.from('[1,"u1",null,"0",1]').toString('base64url'),
      Buffer.from('[2,"u1",null,"0",1,1]').toString('base64url'),
    ])('a cursor that it did not create: %j', async (cursor) => {
      await expect(recommend('u1', 5, cursor)).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
    });

    test.each<[string, (text: string, signature: Buffer) => (string | Buffer)[]]>([
      ['without a signature', (text) => [text]],
      ['with the signature of another one', (text, signature) => [signature, text]],
      ['with a signature by another key', (text) => [signedBy('guessed', text), text]],
    ])('a cursor with a model version chosen by the caller, %s', async (_what, forge) => {
      const other = await serveUntrainedModel(db.database, 21);
      const active = await serveUntrainedModel(db.database, 22);
      const cursor = Buffer.from((await recommend('u3')).recommendations[4]?.cursor as string, 'base64url');
      const text = cursor.subarray(16).toString();
      const forged = text.replace(`"modelVersionId":${active}`, `"modelVersionId":${other}`);
      expect(forged).not.toBe(text);
      const after = Buffer.concat(forge(forged, cursor.subarray(0, 16)).map((part) => Buffer.from(part)));
      await expect(recommend('u3', 5, after.toString('base64url'))).rejects.toMatchObject({
        code: 'INVALID_CURSOR',
        message: expect.stringContaining('expected the unchanged endCursor of such a list'),
      });
    });

    test('a cursor with any byte changed', async () => {
      const cursor = Buffer.from((await recommend('u3')).recommendations[4]?.cursor as string, 'base64url');
      for (let index = 0; index < cursor.length; index += 7) {
        const altered = Buffer.from(cursor);
        altered[index] = (altered[index] as number) ^ 1;
        await expect(recommend('u3', 5, altered.toString('base64url'))).rejects.toMatchObject({
          code: 'INVALID_CURSOR',
        });
      }
    });

    test('no cursor of another server on the same database', async () => {
      const { cursor } = (await recommend('u3')).recommendations[4] as { cursor: string };
      const other = await open();
      const page = await recommendIn(await other.session(), { for: { user: 'u3' }, first: 5, after: cursor });
      await other.close();
      expect(page).toEqual(await recommend('u3', 5, cursor));
    });

    test('old cursors after the key has changed, on servers started after that', async () => {
      const { cursor } = (await recommend('u3')).recommendations[4] as { cursor: string };
      await db.pool.query(`UPDATE secrets SET value = decode(repeat('ab', 32), 'hex')`);
      const other = await open();
      const request = { for: { user: 'u3' }, first: 5, after: cursor };
      await expect(recommendIn(await other.session(), request)).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
      await other.close();
    });

    test('a cursor of an adapted list after its support set was deleted, instead of continuing with popular items', async () => {
      await serveUntrainedModel(db.database, 23);
      const pageOf = (after?: string) => recommend('brief', 5, after);
      await db.database.user.create({ data: { externalId: 'brief' } });
      await rate('brief', 'i12', 5);
      const { recommendations } = await pageOf();
      expect(recommendations[0]?.reason).not.toBe('POPULAR');
      await db.database.user.delete({ where: { externalId: 'brief' } });
      await db.database.user.create({ data: { externalId: 'brief' } });
      await rate('brief', 'i13', 4);
      await expect(pageOf(recommendations[4]?.cursor)).rejects.toMatchObject({
        code: 'INVALID_CURSOR',
        field: ['after'],
        message: expect.stringContaining('have been deleted; start again without a cursor'),
      });
      expect((await pageOf()).recommendations).toHaveLength(5);
    });

    test('a cursor of another user’s list', async () => {
      const cursor = (await recommend('u3')).recommendations[0]?.cursor;
      await expect(recommend('u4', 5, cursor)).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
    });

    test('a cursor whose model version has been removed, unless it is still in memory', async () => {
      const version = await serveUntrainedModel(db.database, 12);
      const [first, ...next] = (await recommend('u3')).recommendations;
      await serveUntrainedModel(db.database, 13);
      await db.database.modelVersion.delete({ where: { id: version } });
      const after = first?.cursor;
      expect((await recommend('u3', 2, after)).recommendations).toEqual(next.slice(0, 2));
      const other = await open();
      const listed = recommendIn(await other.session(), { for: { user: 'u3' }, first: 5, after });
      await expect(listed.finally(() => other.close())).rejects.toMatchObject({
        code: 'INVALID_CURSOR',
        message: expect.stringContaining('has been removed'),
      });
    });
  });

  function signedBy(key: string, text: string): Buffer {
    return createHmac('sha256', key).update(text).digest().subarray(0, 16);
  }

  async function allPages(userId: string, size: number): Promise<number[]> {
    const ids: number[] = [];
    let page: RecommendationPage | undefined;
    do {
      page = await recommend(userId, size, page?.recommendations.at(-1)?.cursor);
      ids.push(...page.recommendations.map(({ itemId }) => itemId));
    } while (page.hasNextPage);
    return ids;
  }

  async function externalIds(recommendations: RecommendationPage['recommendations']): Promise<string[]> {
    const rows = await db.database.item.findMany({
      where: { id: { in: recommendations.map(({ itemId }) => itemId) } },
    });
    return recommendations.map(({ itemId }) => rows.find(({ id }) => id === itemId)?.externalId as string);
  }

  /** The order of a model adapted directly to the user's last `limit` ratings of distinct items. */
  async function expectedOrder(userId: string, version: number, limit = 90): Promise<string[]> {
    const recommender: Recommender = await loadModelVersion(db.database, version, engine);
    const user = await db.database.user.findUniqueOrThrow({
      where: { externalId: userId },
      include: { interactions: { where: { type: 'RATE' }, include: { item: true }, orderBy: { id: 'asc' } } },
    });
    const latest = new Map<string, (typeof user.interactions)[number]>();
    for (const rating of user.interactions) {
      latest.delete(rating.item.externalId);
      latest.set(rating.item.externalId, rating);
    }
    const support = [...latest.values()].slice(-limit);
    const encode = (entity: 'user' | 'item', rows: { features: unknown }[]) =>
      encodeFeatures(
        recommender.schema,
        entity,
        rows.map(({ features }) => features as Features),
      );
    const users = await recommender.embedUsers(encode('user', [user]));
    const adaptation = await recommender.adapt({
      users,
      items: await recommender.embedItems(
        encode(
          'item',
          support.map(({ item }) => item),
        ),
      ),
      labels: Float32Array.from(support, ({ value }) => value as number),
    });
    const rows = (await db.database.item.findMany({ orderBy: { id: 'asc' } })).filter(
      ({ externalId }) => !latest.has(externalId),
    );
    const scores = await recommender.score(adaptation, users, await recommender.embedItems(encode('item', rows)));
    recommender.dispose();
    const order = [...rows.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number));
    return order.map((row) => rows[row]?.externalId as string);
  }
});
