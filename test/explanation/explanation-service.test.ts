import { describe, expect, test } from '@jest/globals';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { ExplanationService } from '../../src/explanation/explanation-service.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { recommend } from '../../src/serving/recommend.ts';
import { openLists } from '../support/open-lists.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';

const ratingScale = { minimum: 1, maximum: 5 };

describe('ExplanationService', () => {
  const db = testDatabase();

  test('warms up on an empty platform, and compiles everything that the first explanation needs', async () => {
    const wasm = await openEngine('wasm');
    let compiled = 0;
    const engine: Engine = {
      ...wasm,
      compile: (definition) => {
        compiled += 1;
        return wasm.compile(definition);
      },
    };
    const recommendations = await openLists(db, engine, { candidates: 100 });
    const service = new ExplanationService();
    await service.warmUp(await recommendations.session());
    const dataset = smallDataset({ ...smallCatalog(2, 4), interactions: [rating('u1', 'i1', 4)] });
    await loadDataset(db.pool, dataset, { ratingScale });
    await serveUntrainedModel(db.database, 4, { ids: ['item'] });
    await service.warmUp(await recommendations.session());
    const before = compiled;
    expect(before).toBeGreaterThan(0);
    await service.explainRecommendation(await recommendations.session(), { for: { user: 'u1' }, item: 'i2' });
    expect(compiled).toBe(before);
    await recommendations.close();
  });

  test('explains the lists of its session, even if another version is promoted in the meantime', async () => {
    const engine = await openEngine('wasm');
    const { database } = db;
    const recommendations = await openLists(db, engine, { candidates: 100 });
    const service = new ExplanationService();
    const request = { for: { user: 'u1' }, item: 'i2' };
    const version = await serveUntrainedModel(database, 5, { ids: ['item'] });
    const session = await recommendations.session();
    const { recommendations: listed } = await recommend(session, { ...request, first: 10 });
    const promoted = await serveUntrainedModel(database, 6, { ids: ['item'] });
    const { score, itemId, modelVersionId } = await service.explainRecommendation(session, request);
    expect(modelVersionId).toBe(version);
    expect(score).toBeCloseTo(listed.find((item) => item.itemId === itemId)?.score as number, 5);
    const later = await service.explainRecommendation(await recommendations.session(), request);
    expect(later.modelVersionId).toBe(promoted);
    await recommendations.close();
  });
});
