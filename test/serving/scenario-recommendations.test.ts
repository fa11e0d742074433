import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { type RecommendationPage, recommend as recommendIn } from '../../src/serving/recommend.ts';
import { type Lists, openLists } from '../support/open-lists.ts';
import type { InteractionInput } from '../support/record-interaction.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const pool = Array.from({ length: 12 }, (_, index) => `i${index + 1}`);

describe('recommendations within a scenario', () => {
  const db = testDatabase();
  let service: Lists;

  const record = (userId: string, itemId: string, type: InteractionInput['type'] = 'CLICK', value?: number) =>
    recordInteraction(db.pool, ratingScale, { userId, itemId, type, value: value ?? null });
  const recommend = async (userId: string, scenarioId: string | null, first = 100, after?: string) =>
    recommendIn(await service.session(), { for: { user: userId }, scenario: scenarioId, first, after });
  const items = async ({ recommendations }: RecommendationPage): Promise<string[]> => {
    const rows = await db.database.item.findMany();
    return recommendations.map(({ itemId }) => rows.find(({ id }) => id === itemId)?.externalId as string);
  };
  const scores = ({ recommendations }: RecommendationPage) => recommendations.map(({ score }) => score);
  /** The versions that scored the items; `null` for none. */
  const versions = ({ recommendations }: RecommendationPage) => [
    ...new Set(recommendations.map(({ modelVersionId }) => modelVersionId)),
  ];

  beforeAll(async () => {
    const scenarios = [
      { id: 'busy', title: 'Busy', items: pool },
      { id: 'quiet', title: 'Quiet', items: ['i21', 'i22', 'i23'] },
    ];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(9, 30), scenarios }), { ratingScale });
    const engine = await openEngine('wasm');
    service = await openLists(db, engine);
    await record('u1', 'i2');
    await record('u2', 'i2');
    await record('u1', 'i20');
    await record('u3', 'i1', 'RATE', 5);
  });
  afterAll(() => service.close());

  test('an unknown scenario is an error', async () => {
    await expect(recommend('u1', 'nowhere')).rejects.toMatchObject({ code: 'SCENARIO_NOT_FOUND' });
  });

  test('without a model, the list has the pool’s available items by popularity, without rated ones', async () => {
    await db.database.item.update({ where: { externalId: 'i12' }, data: { available: false } });
    const page = await recommend('u3', 'busy');
    await db.database.item.update({ where: { externalId: 'i12' }, data: { available: true } });
    expect(await items(page)).toEqual(['i2', ...pool.slice(2, 11)]);
    expect(versions(page)).toEqual([null]);
  });

  test('with only a user model, the pool is in the order of the user’s list of all items', async () => {
    const version = await serveUntrainedModel(db.database, 3, { ids: ['item'] });
    const page = await recommend('u3', 'busy');
    const whole = await items(await recommend('u3', null));
    expect(await items(page)).toEqual(whole.filter((item) => pool.includes(item)));
    expect(versions(page)).toEqual([version]);
    expect(versions(await recommend('u9', 'busy'))).toEqual([null]);
  });

  describe('with a scenario model', () => {
    let version: number;

    beforeAll(async () => {
      const ids = ['user', 'item'] as const;
      version = await serveUntrainedModel(db.database, 4, {
        taskKind: 'SCENARIO',
        ids,
        support: 'positivesAndNegatives',
      });
    });

    test('a visitor without history gets the pool as ranked by a model adapted to other users’ interactions', async () => {
      const page = await recommend('u9', 'busy');
      expect((await items(page)).sort()).toEqual(pool.toSorted());
      expect(versions(page)).toEqual([version]);
      expect(scores(page)).toEqual(scores(page).toSorted((a, b) => b - a));
    });

    test('different users get different scores', async () => {
      expect(scores(await recommend('u7', 'busy'))).not.toEqual(scores(await recommend('u9', 'busy')));
    });

    test('interactions with items of the pool change the list at once, other interactions do not', async () => {
      const before = scores(await recommend('u9', 'busy'));
      await record('u4', 'i25');
      expect(scores(await recommend('u9', 'busy'))).toEqual(before);
      await record('u4', 'i5');
      expect(scores(await recommend('u9', 'busy'))).not.toEqual(before);
    });

    test('the user model ranks a scenario without interactions', async () => {
      const { modelVersionId } = (await db.database.activeModel.findUnique({ where: { taskKind: 'USER' } }))!;
      expect(versions(await recommend('u3', 'quiet'))).toEqual([modelVersionId]);
      expect(versions(await recommend('u9', 'quiet'))).toEqual([null]);
    });

    test('the user model ranks lists without a scenario', async () => {
      expect(versions(await recommend('u3', null))).not.toContain(version);
    });

    test('pages come from one list, even if users interact and another version is promoted in between', async () => {
      const whole = await items(await recommend('u3', 'busy'));
      const first = await recommend('u3', 'busy', 4);
      await record('u5', 'i6');
      await record('u3', 'i7', 'PURCHASE');
      await serveUntrainedModel(db.database, 5, { taskKind: 'SCENARIO', ids: ['item'] });
      const second = await recommend('u3', 'busy', 4, first.recommendations.at(-1)?.cursor);
      const third = await recommend('u3', 'busy', 100, second.recommendations.at(-1)?.cursor);
      expect([...(await items(first)), ...(await items(second)), ...(await items(third))]).toEqual(whole);
      expect(third.hasNextPage).toBe(false);
    });

    test('a cursor of one scenario is refused in another', async () => {
      const cursorOf = async (scenarioId: string | null) =>
        (await recommend('u3', scenarioId, 1)).recommendations[0]?.cursor;
      for (const [made, used] of [
        ['busy', 'quiet'],
        ['busy', null],
        [null, 'busy'],
      ] as const) {
        await expect(recommend('u3', used, 1, await cursorOf(made))).rejects.toMatchObject({
          code: 'INVALID_CURSOR',
          message: expect.stringContaining('a list with a different "scenario"'),
        });
      }
    });

    test('a cursor is refused once the pool’s interactions are deleted, instead of continuing by popularity', async () => {
      const pools = async (item: string) => {
        const { id } = await db.database.item.findUniqueOrThrow({ where: { externalId: item } });
        const scenario = await db.database.scenario.findUniqueOrThrow({ where: { externalId: 'replaced' } });
        await db.database.scenarioItem.deleteMany({ where: { scenarioId: scenario.id } });
        await db.database.scenarioItem.createMany({
          data: [id, id + 1, id + 2].map((itemId) => ({ scenarioId: scenario.id, itemId })),
        });
      };
      await db.database.scenario.create({ data: { externalId: 'replaced', title: 'Replaced' } });
      await pools('i1');
      const { recommendations } = await recommend('u9', 'replaced', 1);
      expect(recommendations[0]?.modelVersionId).not.toBeNull();
      await pools('i26');
      await expect(recommend('u9', 'replaced', 1, recommendations[0]?.cursor)).rejects.toMatchObject({
        code: 'INVALID_CURSOR',
        message: expect.stringContaining('start again without a cursor'),
      });
      expect((await recommend('u9', 'replaced')).recommendations).toHaveLength(3);
    });

    test('popular items of a scenario have pages too', async () => {
      const first = await recommend('u9', 'quiet', 2);
      const second = await recommend('u9', 'quiet', 2, first.recommendations.at(-1)?.cursor);
      expect([...(await items(first)), ...(await items(second))]).toEqual(['i21', 'i22', 'i23']);
      expect(second.hasNextPage).toBe(false);
    });

    test('a cursor from an earlier version of the platform is refused', async () => {
      const { id } = await db.database.item.findUniqueOrThrow({ where: { externalId: 'i2' } });
      for (const parts of [
        [1, 'u9', null, '0', 2, id],
        [2, 'u9', null, '0', 2, id, 'busy', '0'],
      ]) {
        const old = Buffer.from(JSON.stringify(parts)).toString('base64url');
        await expect(recommend('u9', null, 100, old)).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
      }
    });
  });
});
