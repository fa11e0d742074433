import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { weightsParameter } from '../../src/models/closed-form/ease.ts';
import { itemIdRows } from '../../src/models/item-ids.ts';
import { loadUserData } from '../../src/pipeline/load-user-data.ts';
import { promoteModelVersion, saveModelVersion } from '../../src/registry/model-registry.ts';
import { findSimilarItems } from '../../src/serving/similar-items.ts';
import { recipeFor } from '../../src/training/recipe-for.ts';
import { train } from '../../src/training/train.ts';
import { smallCatalog } from '../support/small-dataset.ts';
import { explanationPlatform } from './explanation-platform.ts';

const items = 12;
const config = { ease: { regularization: 2 }, itemKnn: { shrinkage: 1 }, ials: { factorWidth: 4 } };

describe('a closed-form model that is served', () => {
  const platform = explanationPlatform(smallCatalog(10, items));
  let engine: Engine;

  beforeAll(async () => {
    engine = await openEngine('wasm');
    // Users like neighboring items of a circle, and u1 dislikes one.
    for (let user = 1; user <= 10; user++) {
      for (const step of [0, 1, 2]) {
        await platform.record(`u${user}`, `i${1 + ((user + step) % items)}`, 'RATE', step === 2 ? 4 : 5);
      }
    }
    await platform.record('u1', 'i9', 'RATE', 1);
    await platform.record('u1', 'i6', 'PURCHASE');
  });

  const serve = async (kind: keyof typeof config) => {
    const recipe = recipeFor('USER', { kind, config: { ...config[kind], positiveFrom: 4 } });
    const data = await loadUserData(platform.database, {
      ...{ feedback: 'typed', positiveFrom: 4, ids: ['item'] },
      ...{ historyLimit: 100, heldOutShare: 0, seed: 1, minimumPairs: 2 },
    });
    const { artifact } = await train({ recipe, data, engine });
    const version = await saveModelVersion(platform.database, 'USER', artifact, {}, { servesFrom: 0 });
    await promoteModelVersion(platform.database, version);
    return artifact;
  };

  const explain = (item: string) => platform.explanations.explainRecommendation({ for: { user: 'u1' }, item });

  test('EASE explains a score by the weights from the positives to the item, and by no other interaction', async () => {
    const { schema, parameters } = await serve('ease');
    const weights = parameters[weightsParameter]!.data;
    const field = schema.fields.find(({ entity, name }) => entity === 'item' && name === 'id');
    const { count } = itemIdRows(schema);
    const rowOf = (id: string) => field!.vocabulary.indexOf(id) + 1;
    const { influences } = await explain('i4');
    const effects = await influences();
    const ids = await platform.idsOf(effects.map(({ itemId }) => itemId));
    expect([...ids].sort()).toEqual(['i2', 'i3', 'i4', 'i6', 'i9']);
    for (const [at, id] of ids.entries()) {
      const weight = id === 'i9' ? 0 : weights[rowOf(id) * count + rowOf('i4')]!;
      expect(effects[at]!.effect).toBeCloseTo(weight, 5);
    }
  });

  test.each(['ease', 'itemKnn', 'ials'] as const)(
    'the items most similar to an item by %s are its neighbors on the circle',
    async (kind) => {
      await serve(kind);
      const { items: similar } = await findSimilarItems(await platform.session(), { item: 'i7', first: 2 });
      const ids = await platform.idsOf(similar.map(({ itemId }) => itemId));
      expect(ids.toSorted()).toEqual(['i6', 'i8']);
    },
  );

  test.each(['ease', 'itemKnn', 'ials'] as const)(
    '%s gives the score of the list, and its influences',
    async (kind) => {
      await serve(kind);
      const list = await platform.list({ for: { user: 'u1' } });
      expect(list.size).toBeGreaterThan(0);
      for (const [item, score] of list) {
        const explained = await explain(item);
        expect(explained.score).toBeCloseTo(score, 5);
        expect(explained.modulation).toBeNull();
        expect(await explained.influences()).toHaveLength(5);
      }
    },
  );
});
