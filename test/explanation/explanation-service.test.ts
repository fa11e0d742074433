import { describe, expect, test } from '@jest/globals';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { ExplanationService } from '../../src/explanation/explanation-service.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { ServedModels } from '../../src/serving/served-models.ts';
import { rating, smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { serveUntrainedModel } from '../support/test-model.ts';

describe('ExplanationService', () => {
  const db = testDatabase();

  test('warms up on an empty platform, and so that the first explanation compiles nothing', async () => {
    const wasm = await openEngine('wasm');
    let compiled = 0;
    const engine: Engine = {
      ...wasm,
      compile: (definition) => {
        compiled += 1;
        return wasm.compile(definition);
      },
    };
    const models = new ServedModels(db.database, engine);
    const service = new ExplanationService({ database: db.database, models, mostCandidates: 100 });
    await service.warmUp();
    const dataset = smallDataset({ ...smallCatalog(2, 4), interactions: [rating('u1', 'i1', 4)] });
    await loadDataset(db.pool, dataset, { ratingScale: { minimum: 1, maximum: 5 } });
    await serveUntrainedModel(db.database, 4, { ids: ['item'] });
    await service.warmUp();
    const before = compiled;
    expect(before).toBeGreaterThan(0);
    await service.explainRecommendation({ for: { user: 'u1' }, item: 'i2' });
    expect(compiled).toBe(before);
    await models.close();
  });
});
