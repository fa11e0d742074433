import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { ExplanationService } from '../../src/explanation/explanation-service.ts';
import type { GeneratedWeightsExplanation } from '../../src/explanation/modulation-explanation.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { frozenParameters } from '../../src/models/cmml/lists/list-network.ts';
import type { RecommendationTarget } from '../../src/serving/recipient.ts';
import { recommend } from '../../src/serving/recommend.ts';
import { type Lists, openLists } from '../support/open-lists.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveModel, untrainedListModel } from '../support/test-model.ts';

const ratingScale = { minimum: 1, maximum: 5 };
const pool = ['i1', 'i2', 'i3', 'i4', 'i5', 'i6'];
const target: RecommendationTarget = {
  visitor: { interactions: ['i20', 'i21', 'i22'].map((item) => ({ item, type: 'VIEW' })) },
};

describe('a list of a user model in a scenario', () => {
  const db = testDatabase();
  const explanations = new ExplanationService();
  let service: Lists;

  /** Serves a model for which some items are much more popular than others. */
  const serve = async (leans: { novelty: number; rarity: number }) => {
    const artifact = await untrainedListModel(db.database, 3, leans);
    artifact.parameters[frozenParameters.popularityDeviation]?.data.set([1]);
    artifact.parameters[frozenParameters.popularity]?.data.forEach((_, row, all) => {
      all[row] = (row % 5) - 2;
    });
    await serveModel(db.database, artifact);
  };
  const scoresIn = async (scenario: string | null) => {
    const { recommendations } = await recommend(await service.session(), {
      for: target,
      scenario,
      first: 100,
      includeSeen: true,
    });
    return new Map(recommendations.map(({ itemId, score }) => [itemId, score]));
  };

  beforeAll(async () => {
    const scenarios = [{ id: 'new', title: 'New', items: pool }];
    await loadDataset(db.pool, smallDataset({ ...smallCatalog(9, 30), scenarios }), { ratingScale });
    const engine = await openEngine('wasm');
    service = await openLists(db, engine);
  });
  afterAll(() => service.close());

  test('does not lean away from popular items, as a list of the whole catalog does', async () => {
    await serve({ novelty: 1, rarity: 3 });
    const [inScenario, inCatalog] = [await scoresIn('new'), await scoresIn(null)];
    await serve({ novelty: 0, rarity: 0 });
    const withoutLeans = await scoresIn(null);
    expect(inScenario.size).toBe(pool.length);
    for (const [itemId, score] of inScenario) expect(score).toBeCloseTo(withoutLeans.get(itemId) as number, 5);
    const differences = [...inScenario].filter(([itemId, score]) => Math.abs(score - inCatalog.get(itemId)!) > 0.1);
    expect(differences.length).toBeGreaterThan(0);
  });

  test('is explained without leans', async () => {
    await serve({ novelty: 1, rarity: 3 });
    const [[itemId, score]] = [...(await scoresIn('new'))] as [[number, number]];
    const { externalId: item } = await db.database.item.findUniqueOrThrow({ where: { id: itemId } });
    const explained = await explanations.explainRecommendation(await service.session(), {
      for: target,
      scenario: 'new',
      item,
    });
    expect(explained.score).toBeCloseTo(score, 5);
    const { bias, largestTerms } = explained.modulation as GeneratedWeightsExplanation;
    expect(largestTerms.reduce((sum, { contribution }) => sum + contribution, bias)).toBeCloseTo(score, 5);
    const request = { for: target, scenario: 'new', includeSeen: true, first: 5, item };
    expect(await explanations.whyNot(await service.session(), request)).toMatchObject({
      outcome: 'SHOWN',
      rank: 1,
      score,
    });
  });
});
