import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { whyNot } from '../../src/explanation/why-not.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import type { RecommendationTarget, VisitorInteraction } from '../../src/serving/recipient.ts';
import { type RecommendationRequest, recommend } from '../../src/serving/recommend.ts';
import { type Lists, openLists } from '../support/open-lists.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';

const ratingScale = { minimum: 1, maximum: 5 };

describe('the number of interactions from which a version makes lists', () => {
  const db = testDatabase();
  let service: Lists;

  const page = async (target: RecommendationTarget, rest: Partial<RecommendationRequest> = {}) =>
    recommend(await service.session(), { for: target, first: 100, includeSeen: true, ...rest });
  const reasonsOf = async (target: RecommendationTarget) => {
    const { recommendations } = await page(target);
    return new Set(recommendations.map(({ reason }) => reason).filter((reason) => reason !== 'FRESH'));
  };
  const view = (item: string): VisitorInteraction => ({ item, type: 'VIEW' });
  const visitor = (...items: string[]) => ({ visitor: { interactions: items.map(view) } });

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(9, 20)), { ratingScale });
    const engine = await openEngine('wasm');
    service = await openLists(db, engine);
    for (const [userId, items] of [
      ['u1', ['i1', 'i2', 'i2', 'i2']],
      ['u2', ['i1', 'i2', 'i3']],
    ] as const)
      for (const itemId of items)
        await recordInteraction(db.pool, ratingScale, { userId, itemId, type: 'VIEW', value: null });
  });
  afterAll(() => service.close());

  describe('if it is 3', () => {
    beforeAll(() => serveUntrainedModel(db.database, 3, { support: 'feedback', servesFrom: 3 }));

    test('leaves shorter histories to popularity, and counts repeated interactions once', async () => {
      expect(await reasonsOf({ user: 'u1' })).toEqual(new Set(['POPULAR']));
      expect(await reasonsOf({ user: 'u2' })).toEqual(new Set(['ADAPTED']));
      expect(await reasonsOf({ user: 'u3' })).toEqual(new Set(['POPULAR']));
      expect(await reasonsOf(visitor('i1', 'i2'))).toEqual(new Set(['POPULAR']));
      expect(await reasonsOf(visitor('i1', 'i2', 'i3'))).toEqual(new Set(['ADAPTED']));
    });

    test('is the same for the next page and for whyNot', async () => {
      const first = await page({ user: 'u1' }, { first: 2 });
      const second = await page({ user: 'u1' }, { after: first.recommendations[1]?.cursor });
      expect(second.recommendations).toHaveLength(18);
      expect(new Set(second.recommendations.map(({ modelVersionId }) => modelVersionId))).toEqual(new Set([null]));
      const third = second.recommendations[0];
      const { externalId } = await db.database.item.findUniqueOrThrow({ where: { id: third?.itemId as number } });
      const request = { for: { user: 'u1' }, includeSeen: true, item: externalId, first: 100 };
      expect(await whyNot(await service.session(), request)).toMatchObject({ rank: 3, score: third?.score });
    });

    test('is at most the size of a support set', async () => {
      await serveUntrainedModel(db.database, 3, { support: 'feedback', supportLimit: 2, servesFrom: 3 });
      expect(await reasonsOf({ user: 'u1' })).toEqual(new Set(['ADAPTED']));
      expect(await reasonsOf(visitor('i1'))).toEqual(new Set(['POPULAR']));
    });
  });

  describe('if it is 0', () => {
    beforeAll(() => serveUntrainedModel(db.database, 3, { support: 'feedback', servesFrom: 0 }));

    test('lets the model make the list of a user or visitor without interactions, by features', async () => {
      expect(await reasonsOf({ user: 'u3' })).toEqual(new Set(['PROFILE']));
      expect(await reasonsOf({ visitor: {} })).toEqual(new Set(['PROFILE']));
      const scores = async (region: string) =>
        (await page({ visitor: { features: { region } } })).recommendations.map(({ score }) => score);
      expect(await scores('north')).not.toEqual(await scores('south'));
      expect(await reasonsOf(visitor('i1'))).toEqual(new Set(['ADAPTED']));
    });

    test('continues such a list page by page after the user interacts', async () => {
      const whole = (await page({ user: 'u4' })).recommendations.map(({ itemId }) => itemId);
      const first = (await page({ user: 'u4' }, { first: 5 })).recommendations;
      await recordInteraction(db.pool, ratingScale, { userId: 'u4', itemId: 'i9', type: 'VIEW', value: null });
      const second = (await page({ user: 'u4' }, { after: first[4]?.cursor })).recommendations;
      expect([...first, ...second].map(({ itemId }) => itemId)).toEqual(whole);
    });

    test('leaves a user without ratings to popularity if the model reads only ratings', async () => {
      await serveUntrainedModel(db.database, 3, { support: 'labels', servesFrom: 0 });
      expect(await reasonsOf({ user: 'u3' })).toEqual(new Set(['POPULAR']));
    });
  });

  test('cannot be negative', async () => {
    await expect(serveUntrainedModel(db.database, 3, { servesFrom: -1 })).rejects.toThrow('serves_from_check');
  });
});
