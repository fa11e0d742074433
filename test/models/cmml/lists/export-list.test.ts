import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { openEngine } from '../../../../src/engine/engines.ts';
import { exportOnnx } from '../../../../src/engine/onnx/write-model.ts';
import { encodeFeatures } from '../../../../src/features/encode-features.ts';
import type { FeatureField, Features } from '../../../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../../../src/features/fit-feature-schema.ts';
import { typeIndex } from '../../../../src/features/interaction-types.ts';
import { loadListCmml } from '../../../../src/models/cmml/lists/list-recommender.ts';
import { listServingFunctions } from '../../../../src/models/cmml/lists/list-serving-functions.ts';
import {
  type Embeddings,
  type ListScope,
  type Recommender,
  selectEmbeddings,
} from '../../../../src/models/recommender.ts';
import { smallList } from './small-list.ts';

const fields: FeatureField[] = [
  { entity: 'user', name: 'gender', kind: 'categorical' },
  { entity: 'item', name: 'genre', kind: 'categorical' },
  { entity: 'item', name: 'id', kind: 'categorical' },
];
const users: Features[] = [{ gender: 'f' }, { gender: 'm' }];
const items: Features[] = ['a', 'b', 'c', 'd'].map((id, row) => ({ id, genre: row % 2 ? 'drama' : 'comedy' }));
/** The first three items: liked, seen and disliked. */
const labels = Float32Array.of(5, 0, 1);
const types = Uint8Array.of(typeIndex('RATE'), typeIndex('VIEW'), typeIndex('RATE'));
/** Half a day, two days and none before the latest. The view took 32 seconds. */
const ages = Float32Array.of(0.5, 2, 0);
const amounts = Float32Array.of(Number.NaN, 32, Number.NaN);
/** What is exported has the amounts in deviations from the mean of 20 seconds. */
const standardAmounts = Float32Array.of(0, 1.5, 0);
/** What the closed-form head reads: the first two are likes that count half after four days, the third is a low rating. */
const opinions = Float32Array.of(2 ** (-0.5 / 4), 2 ** (-2 / 4), 0);
const evidence = Float32Array.of(1, 1, 1);

describe('a model that ranks the catalog, exported', () => {
  const schema = fitFeatureSchema(fields, users, items, { minimumCount: { user: 1, item: 1 } });
  const { config, parameters } = smallList(schema, {
    ages: true,
    amounts: { VIEW: { mean: 20, deviation: 8 } },
    closedForm: { width: 3, halfLife: 4 },
  });
  const artifact = { kind: 'cmml', schema, config, parameters };
  const functions = listServingFunctions(artifact);
  let recommender: Recommender;
  let user: Embeddings;
  let catalog: Embeddings;
  let state: Tensor;

  beforeAll(async () => {
    recommender = await loadListCmml(artifact, await openEngine('wasm'));
    user = selectEmbeddings(await recommender.embedUsers(encodeFeatures(schema, 'user', users)), [1]);
    catalog = await recommender.embedItems(encodeFeatures(schema, 'item', items));
    const { folded } = await run('fold', {
      state: floats(functions.fold.inputs.state?.shape as number[]),
      items: floats([3, catalog.width], catalog.data.subarray(0, 3 * catalog.width)),
      labels: floats([3], labels),
      types: new Tensor('int32', Int32Array.from(types), [3]),
      evidence: floats([3], evidence),
      amounts: floats([3], standardAmounts),
      ages: floats([3], ages),
      confidence: floats([3], opinions),
      opinion: floats([3], opinions),
    });
    state = folded as Tensor;
  });
  afterAll(() => recommender.dispose());

  async function run(role: keyof typeof functions, feeds: Record<string, Tensor>) {
    const session = await InferenceSession.create(await exportOnnx(functions[role] as typeof functions.fold));
    const results = await session.run(feeds);
    await session.release();
    return results;
  }

  const exported = async (role: 'score' | 'scoreInPool') => {
    const { scores } = await run(role, {
      state,
      count: floats([], [3]),
      user: floats([user.width], user.data),
      items: floats([catalog.rows, catalog.width], catalog.data),
    });
    return scores?.data as Float32Array;
  };

  test.each<[role: 'score' | 'scoreInPool', scope: ListScope]>([
    ['score', 'catalog'],
    ['scoreInPool', 'pool'],
  ])('gives by its function %s the scores of the recommender in a %s', async (role, scope) => {
    const support = { users: user, items: selectEmbeddings(catalog, [0, 1, 2]), labels, types, amounts, ages };
    const expected = await recommender.score(await recommender.adapt(support), user, catalog, scope);
    const scores = await exported(role);
    expect(scores).toHaveLength(items.length);
    for (const [item, score] of expected.entries()) expect(scores[item]).toBeCloseTo(score, 4);
  });

  test.each<[role: 'taskVector' | 'taskVectorInPool', scope: ListScope]>([
    ['taskVector', 'catalog'],
    ['taskVectorInPool', 'pool'],
  ])(
    'gives by its function %s the vector of a task in a %s, for the second part of embedded items',
    async (role, scope) => {
      const { vector } = await run(role, {
        state,
        count: floats([], [3]),
        user: floats([user.width], user.data),
      });
      const task = vector?.data as Float32Array;
      const support = { users: user, items: selectEmbeddings(catalog, [0, 1, 2]), labels, types, amounts, ages };
      const expected = await recommender.score(await recommender.adapt(support), user, catalog, scope);
      for (const [item, score] of expected.entries()) {
        const start = item * catalog.width + config.vectorWidth;
        const product = task.reduce((sum, value, at) => sum + value * (catalog.data[start + at] as number), 0);
        expect(product).toBeCloseTo(score, 4);
      }
    },
  );

  test('has other scores in a pool than in the catalog', async () => {
    const [inPool, inCatalog] = [await exported('scoreInPool'), await exported('score')];
    for (const [item, score] of inPool.entries())
      expect(Math.abs(score - (inCatalog[item] as number))).toBeGreaterThan(5e-5);
  });
});

function floats(shape: readonly number[], numbers: ArrayLike<number> = []): Tensor {
  const data = new Float32Array(shape.reduce((size, length) => size * length, 1));
  data.set(numbers);
  return new Tensor('float32', data, shape);
}
