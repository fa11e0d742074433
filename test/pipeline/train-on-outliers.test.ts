import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { upsertItems } from '../../src/catalog/upsert-items.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { trainModel } from '../../src/pipeline/train-model.ts';
import { readArtifact } from '../../src/registry/model-registry.ts';
import { recommend } from '../../src/serving/recommend.ts';
import { parseRecipe, type TrainingRecipe } from '../../src/training/training-recipe.ts';
import { type Lists, openLists } from '../support/open-lists.ts';
import { recordInteraction } from '../support/record-interaction.ts';
import { rating, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { ratingScale, smallTraining } from './small-training.ts';

const [users, items] = [40, 60];
/** Numbers that only SQL can store: one is too large for the squares of a double, and one for a double. */
const stored = { vast: '1e308', vaster: '-1e400' };

describe('a model trained on items of lengths 0 to 59 and on far outliers', () => {
  const db = testDatabase();
  let engine: Engine;
  let service: Lists;

  const train = (recipe: Pick<TrainingRecipe, 'ids' | 'config' | 'options'>) =>
    trainModel(
      { database: db.database, pool: db.pool, engine, ratingScale },
      { taskKind: 'USER', recipe: parseRecipe({ kind: 'cmml', ...recipe }) },
    );
  const { factorWidth: _noFactors, ...sizes } = smallTraining.config;
  const rates = { ids: [], config: sizes, options: { epochs: 20, tasksPerStep: 8, learningRate: 1e-2 } };
  const ranks = { objective: 'softmax', vectorWidth: 4, closedForm: { width: 4 } };

  /** Returns the list of u1 with every item, by external ID. */
  const listOfAll = async () => {
    const { recommendations, degraded } = await recommend(await service.session(), {
      for: { user: 'u1' },
      first: 100,
      includeSeen: true,
    });
    const rows = await db.database.item.findMany();
    const byId = new Map(rows.map(({ id, externalId }) => [id, externalId]));
    return { degraded, byItem: new Map(recommendations.map((each) => [byId.get(each.itemId) as string, each])) };
  };

  beforeAll(async () => {
    const numbered = (count: number) => Array.from({ length: count }, (_, index) => index);
    const dataset = smallDataset({
      users: numbered(users).map((n) => ({ id: `u${n}`, features: { region: 'west' } })),
      items: numbered(items).map((n) => ({ id: `i${n}`, title: `Item ${n}`, features: { length: n } })),
      interactions: numbered(users).flatMap((user) =>
        numbered(24).map((place) => {
          const item = (user * 11 + place * 7) % items;
          return rating(`u${user}`, `i${item}`, 1 + Math.round((8 * item) / items) / 2);
        }),
      ),
    });
    await loadDataset(db.pool, dataset, { ratingScale });
    for (const [id, length] of Object.entries(stored)) {
      const features = `{"length": ${length}}`;
      await db.pool.query('INSERT INTO items (external_id, title, features) VALUES ($1, $1, $2)', [id, features]);
      await recordInteraction(db.pool, ratingScale, { userId: 'u1', itemId: id, type: 'RATE', value: 4 });
    }
    engine = await openEngine('onnx');
    service = await openLists(db, engine);
  });
  afterAll(() => service.close());

  /** Expects that a version has finite numbers only, and that it makes the list of a user with outliers. */
  const expectSound = async (versionId: number) => {
    const { schema, parameters } = await readArtifact(db.database, versionId);
    expect(schema.fields.find(({ name }) => name === 'length')).toMatchObject({ low: 0, high: 59 });
    for (const { data } of Object.values(parameters)) expect(data.every(Number.isFinite)).toBe(true);
    const { degraded, byItem } = await listOfAll();
    expect(degraded).toBe(false);
    expect(byItem.size).toBe(items + 2);
    expect(new Set([...byItem.values()].map(({ modelVersionId }) => modelVersionId))).toEqual(new Set([versionId]));
  };

  test('has finite parameters and lists every item if it ranks the catalog', async () => {
    const { version } = await train({ ids: ['item'], config: ranks, options: { epochs: 2, tasksPerStep: 8 } });
    await expectSound(version.id);
  });

  test('has finite parameters and lists every item if it predicts ratings', async () => {
    const { version } = await train(rates);
    await expectSound(version.id);
  });

  test('scores items beyond the lengths of the training like the longest or the shortest item', async () => {
    await train(rates);
    const lengths = { longer: 1000, far: 1e6, farthest: 1e15, shorter: -1e15 };
    const added = Object.entries(lengths).map(([externalId, length]) => ({
      externalId,
      title: externalId,
      features: { length },
    }));
    await upsertItems(db.database, [...added, { externalId: 'unknown', title: 'unknown' }]);
    // A user who has such items in the history still gets a list of the model.
    await recordInteraction(db.pool, ratingScale, { userId: 'u1', itemId: 'far', type: 'RATE', value: 4 });
    const { degraded, byItem } = await listOfAll();
    expect(degraded).toBe(false);
    const scoreOf = (id: string) => byItem.get(id)?.score ?? Number.NaN;
    for (const id of ['longer', 'far', 'farthest', 'vast']) expect(scoreOf(id)).toBeCloseTo(scoreOf('i59'), 5);
    expect(scoreOf('shorter')).toBeCloseTo(scoreOf('i0'), 5);
    // No number of JavaScript is as large as that of `vaster`, so it is ignored.
    expect(scoreOf('vaster')).toBeCloseTo(scoreOf('unknown'), 5);
    expect(scoreOf('i59')).toBeGreaterThan(scoreOf('i0') + 1);
  });
});
