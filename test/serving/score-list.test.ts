import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { ExplanationService } from '../../src/explanation/explanation-service.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import type { RecommendationTarget } from '../../src/serving/recipient.ts';
import { type RecommendationRequest, recommend } from '../../src/serving/recommend.ts';
import { personalScale, sumOf } from '../../src/serving/score-list.ts';
import { noObserver, type ServingObserver } from '../../src/telemetry/serving-observer.ts';
import { type Lists, openLists } from '../support/open-lists.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { type ServingOptions, serveUntrainedModel, type UntrainedModelOptions } from '../support/test-model.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const pool = Array.from({ length: 12 }, (_, index) => `i${index + 1}`);

describe('the scores of the two models of a scenario’s list', () => {
  const scenario = Float32Array.of(1, 3, 5);

  test('are added so that the personal scores vary two and a half times as much', () => {
    // The deviations are √(8/3) and √(2/3).
    expect(personalScale(scenario, Float32Array.of(7, 6, 8))).toBeCloseTo(5, 5);
    expect([...sumOf(scenario, Float32Array.of(7, 6, 8), 4)]).toEqual([29, 27, 37]);
  });

  test('leave the order to one model if all scores of the other are equal', () => {
    expect(personalScale(scenario, Float32Array.of(2, 2, 2))).toBe(0);
    expect(personalScale(Float32Array.of(2, 2, 2), scenario)).toBe(1);
    expect(personalScale(new Float32Array(), new Float32Array())).toBe(0);
  });
});

describe('a list in a scenario', () => {
  const db = testDatabase();
  const explanations = new ExplanationService();
  let service: Lists;
  /** The kinds of models that scored candidates. */
  const scored: string[] = [];
  const observer: ServingObserver = {
    ...noObserver,
    scoring: (taskKind, work) => {
      scored.push(taskKind);
      return work();
    },
  };
  /** The scores of the scenario model, by item, before there is a user model. */
  let scenarioScores: Map<number, number>;

  const visitor = (...items: string[]): RecommendationTarget => ({
    visitor: { interactions: items.map((item) => ({ item, type: 'VIEW' })) },
  });
  const page = async (target: RecommendationTarget, rest: Partial<RecommendationRequest> = {}) =>
    recommend(await service.session(), { for: target, scenario: 'busy', first: 100, includeSeen: true, ...rest });
  const scoresOf = async (target: RecommendationTarget, rest: Partial<RecommendationRequest> = {}) =>
    new Map((await page(target, rest)).recommendations.map(({ itemId, score }) => [itemId, score]));
  const ownScores = async (target: RecommendationTarget) => {
    const whole = await scoresOf(target, { scenario: null });
    return new Map([...scenarioScores.keys()].map((itemId) => [itemId, whole.get(itemId) as number]));
  };
  const deviationOf = (scores: Map<number, number>) => {
    const values = [...scores.values()];
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  };
  const externalId = async (id: number) => (await db.database.item.findUniqueOrThrow({ where: { id } })).externalId;
  const serveUserModel = (seed: number, options: UntrainedModelOptions & ServingOptions = {}) =>
    serveUntrainedModel(db.database, seed, {
      ids: ['item'],
      support: 'positives',
      config: { objective: 'bpr' },
      ...options,
    });

  beforeAll(async () => {
    const scenarios = [{ id: 'busy', title: 'Busy', items: pool }];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(9, 30), scenarios }), { ratingScale });
    const engine = await openEngine('wasm');
    service = await openLists(db, engine, { observer });
    for (const [userId, itemId] of [
      ['u1', 'i2'],
      ['u2', 'i3'],
    ] as const)
      await recordInteraction(db.pool, ratingScale, { userId, itemId, type: 'CLICK', value: null });
    await serveUntrainedModel(db.database, 4, {
      taskKind: 'SCENARIO',
      ids: ['user', 'item'],
      support: 'positivesAndNegatives',
    });
    scenarioScores = await scoresOf(visitor());
    await serveUserModel(3);
  });
  afterAll(() => service.close());

  test('is that of the scenario model for a visitor without history if the user model needs one', async () => {
    expect(await scoresOf(visitor())).toEqual(scenarioScores);
  });

  test('adds the user model’s scores for a visitor without history if that model serves everybody', async () => {
    await serveUserModel(3, { support: 'feedback', servesFrom: 0 });
    const own = await ownScores(visitor());
    const scale = (2.5 * deviationOf(scenarioScores)) / deviationOf(own);
    const scores = await scoresOf(visitor());
    for (const [itemId, score] of scores)
      expect(score).toBeCloseTo((scenarioScores.get(itemId) as number) + scale * (own.get(itemId) as number), 4);
    const [[itemId, score]] = [...scores] as [[number, number]];
    const explained = await explanations.explainRecommendation(await service.session(), {
      for: visitor(),
      scenario: 'busy',
      item: await externalId(itemId),
    });
    expect(explained.score).toBeCloseTo(score, 4);
    expect(explained.personalPart).toBeCloseTo(scale * (own.get(itemId) as number), 4);
    expect(await explained.influences()).toHaveLength(explained.supportSize);
    await serveUserModel(3);
  });

  test('adds the user model’s scores, adapted to the visitor’s history, to those of the scenario model', async () => {
    const target = visitor('i20', 'i21');
    const own = await ownScores(target);
    const scale = (2.5 * deviationOf(scenarioScores)) / deviationOf(own);
    const scores = await scoresOf(target);
    expect(scores.size).toBe(pool.length);
    for (const [itemId, score] of scores)
      expect(score).toBeCloseTo((scenarioScores.get(itemId) as number) + scale * (own.get(itemId) as number), 4);
  });

  test('differs between visitors with different histories', async () => {
    const [one, other] = [await page(visitor('i20', 'i21')), await page(visitor('i1', 'i25', 'i30'))];
    const order = ({ recommendations }: typeof one) => recommendations.map(({ itemId }) => itemId);
    expect(order(one)).not.toEqual(order(other));
    expect(order(one).toSorted()).toEqual(order(other).toSorted());
  });

  test('has one order on all pages, though the catalog and the user model change between them', async () => {
    const target = visitor('i20', 'i21');
    const whole = [...(await scoresOf(target)).keys()];
    const first = await page(target, { first: 4 });
    const last = whole.at(-1) as number;
    await db.database.item.update({ where: { id: last }, data: { available: false } });
    await serveUserModel(8);
    const rest = await page(target, { after: first.recommendations.at(-1)?.cursor });
    await db.database.item.update({ where: { id: last }, data: { available: true } });
    const read = [...first.recommendations, ...rest.recommendations].map(({ itemId }) => itemId);
    expect(read).toEqual(whole.slice(0, -1));
    expect([...(await scoresOf(target)).keys()]).not.toEqual(whole);
    await serveUserModel(3);
  });

  test('is explained by both parts, and by the interactions that both models adapted to', async () => {
    const target = visitor('i20', 'i21');
    const [own, without] = [await ownScores(target), await ownScores(visitor('i21'))];
    const scale = (2.5 * deviationOf(scenarioScores)) / deviationOf(own);
    const [[itemId, score]] = [...(await scoresOf(target))] as [[number, number]];
    const item = await externalId(itemId);
    const explained = await explanations.explainRecommendation(await service.session(), {
      for: target,
      scenario: 'busy',
      item,
    });
    expect(explained.score).toBeCloseTo(score, 4);
    expect(explained.personalPart).toBeCloseTo(scale * (own.get(itemId) as number), 4);
    expect(explained.supportSize).toBe(4);
    const influences = await explained.influences();
    expect(influences).toHaveLength(4);
    expect(influences.filter(({ userId }) => userId === null)).toHaveLength(2);
    const i20 = await db.database.item.findUniqueOrThrow({ where: { externalId: 'i20' } });
    const own20 = influences.find((influence) => influence.itemId === i20.id);
    const effect = scale * ((own.get(itemId) as number) - (without.get(itemId) as number));
    expect(own20?.effect).toBeCloseTo(effect, 4);
  });

  test('has the same score in whyNot, also for an item outside the pool', async () => {
    const request = { for: visitor('i20', 'i21'), scenario: 'busy', includeSeen: true, first: 5 };
    const [[itemId, score]] = [...(await scoresOf(request.for))] as [[number, number]];
    const shown = await explanations.whyNot(await service.session(), { ...request, item: await externalId(itemId) });
    expect(shown).toMatchObject({ outcome: 'SHOWN', rank: 1, score });
    const outside = await explanations.whyNot(await service.session(), { ...request, item: 'i30' });
    expect(outside).toMatchObject({ outcome: 'FILTERED', filteredBy: ['NOT_IN_SCENARIO'], rank: null });
  });

  test('is scored once by each model for whyNot, also for an item that is not a candidate', async () => {
    const engine = await openEngine('wasm');
    const few = await openLists(db, engine, { candidates: 5, observer });
    const request = { for: visitor('i20', 'i21'), scenario: 'busy', item: 'i7' };
    scored.length = 0;
    const found = await explanations.whyNot(await few.session(), { ...request, includeSeen: true, first: 5 });
    expect(scored.toSorted()).toEqual(['SCENARIO', 'USER']);
    expect(found).toMatchObject({ outcome: 'NOT_RETRIEVED', listSize: 5 });
    const { score } = await explanations.explainRecommendation(await few.session(), request);
    expect(found.score).toBeCloseTo(score, 5);
    await few.close();
  });

  test('is that of the scenario model alone if the user model predicts ratings', async () => {
    await serveUntrainedModel(db.database, 3, { ids: ['item'], support: 'labels' });
    expect(await scoresOf({ visitor: { interactions: [{ item: 'i20', type: 'RATE', value: 5 }] } })).toEqual(
      scenarioScores,
    );
    await serveUserModel(3);
  });
});
