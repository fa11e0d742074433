import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { memory } from '@tensorflow/tfjs-core';
import { InferenceSession } from 'onnxruntime-node';
import type { Engine, EngineName, FunctionSource, HostTensors } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { exportOnnx } from '../../src/engine/onnx/write-model.ts';
import { probeModel } from '../../src/models/probe-model.ts';
import {
  type Adaptation,
  type ListScope,
  type ModelArtifact,
  type RetrievalVectors,
  selectEmbeddings,
} from '../../src/models/recommender.ts';
import { loadRecommender, type RecommenderKind, servingFunctions } from '../../src/models/recommenders.ts';
import type { ServingFunctionRequest } from '../../src/models/serving-function-source.ts';
import { expectClose } from '../support/compare-tensors.ts';
import { trainRecipe } from '../training/train-recipe.ts';
import {
  adapt,
  history,
  type Loaded,
  load,
  numbersOf,
  ratingsOf,
  resultsOf,
  supportOf,
} from './recommender/loaded-recommender.ts';
import { orderedShare } from './recommender/ordered-share.ts';
import { plantedTruths } from './recommender/planted-truths.ts';
import { recommenderCases } from './recommender/recommender-cases.ts';
import { everyItem, schema } from './recommender/small-catalog.ts';

const engines: readonly EngineName[] = ['onnx', 'wasm'];
const scopes: readonly ListScope[] = ['catalog', 'pool'];
const cases = engines.flatMap((engine) => recommenderCases.map((each) => ({ engine, ...each })));

describe.each(cases)('$title on $engine', ({ engine: name, artifact, foldsExactly, retrieves = false }) => {
  let engine: Engine;
  let loaded: Loaded;
  beforeAll(async () => {
    engine = await openEngine(name);
    loaded = await load(artifact, engine);
  });
  afterAll(() => loaded.recommender.dispose());

  test('has the kind, the schema and the support limit of its artifact', () => {
    const { recommender } = loaded;
    expect(recommender).toMatchObject({ kind: artifact.kind, schema });
    expect(recommender.supportLimit).toBeGreaterThan(0);
  });

  test.each([0, 1, 4, 7])('gives every item a finite score after %i support pairs', async (count) => {
    const { adaptation, scores } = await resultsOf(loaded, await adapt(loaded, history.slice(0, count)));
    expect(adaptation.pairs).toBe(count);
    expect(scores).toHaveLength(everyItem.length);
    expect([...scores, ...adaptation.state].every(Number.isFinite)).toBe(true);
    expect(new Set(scores).size).toBeGreaterThan(1);
  });

  test('passes the probe that every version passes before it makes lists', async () => {
    const { recommender, users, items } = loaded;
    // The probe does not compare the scores of fewer than ten items.
    const twice = selectEmbeddings(items, [...everyItem, ...everyItem]);
    await probeModel(recommender, selectEmbeddings(users, [0]), twice);
  });

  test.each([0, 1, 4, 7])('predicts a rating of every item after %i support pairs, or none', async (count) => {
    const { ratings } = loaded.recommender;
    if (!ratings) return;
    const pairs = history.slice(0, count);
    const predicted = await ratingsOf(loaded, pairs);
    expect(predicted).toHaveLength(everyItem.length);
    // The range of the ratings that the model was trained on.
    for (const rating of predicted ?? []) expect(rating >= 1 && rating <= 5).toBe(true);
    let folded = await ratings.adapt(supportOf(loaded, []));
    for (const pair of pairs) folded = await ratings.adapt(supportOf(loaded, [pair]), folded);
    expect(folded.pairs).toBe(count);
    const alone = await ratings.predict(folded, selectEmbeddings(loaded.items, [3]));
    expect(alone[0]).toBeCloseTo(predicted?.[3] as number, 4);
    expect(await ratings.predict(folded, selectEmbeddings(loaded.items, []))).toHaveLength(0);
  });

  test(`has ${retrieves ? '' : 'no '}vectors whose inner products are the scores`, () => {
    expect(loaded.recommender.retrieval !== undefined).toBe(retrieves);
  });

  if (retrieves) {
    test.each(scopes)(
      'gives each item in a list of the %s the product of two vectors, for tasks at the same time too',
      async (scope) => {
        const { recommender, users, items } = loaded;
        const { width, itemVectors, taskVector } = recommender.retrieval as RetrievalVectors;
        const vectors = await itemVectors(items);
        expect(vectors).toMatchObject({ rows: items.rows, width });
        const check = async (count: number) => {
          const pairs = history.slice(0, count);
          const user = selectEmbeddings(users, [count % users.rows]);
          const [task, scores] = await Promise.all([
            taskVector(supportOf(loaded, pairs), user, scope),
            recommender.score(await adapt(loaded, pairs), user, items, scope),
          ]);
          expect(task).toHaveLength(width);
          for (const [row, score] of scores.entries()) {
            const own = vectors.data.subarray(row * width, (row + 1) * width);
            const product = task.reduce((sum, value, at) => sum + value * (own[at] as number), 0);
            expect(Math.abs(product - score)).toBeLessThanOrEqual(1e-4 * Math.abs(score));
          }
        };
        await check(3);
        await Promise.all([0, 1, 4, 7, 2, 5, 6, 3, 7, 1].map(check));
      },
    );

    test('gives a task without pairs its vector, though embeddings of no items have no width', async () => {
      const { recommender, users } = loaded;
      const { taskVector } = recommender.retrieval as RetrievalVectors;
      const user = selectEmbeddings(users, [0]);
      const none = supportOf(loaded, []);
      const items = { ...none.items, width: 0 };
      expect(await taskVector({ ...none, items }, user)).toEqual(await taskVector(none, user));
    });
  }

  test('explains each item with one row of numbers, and returns nothing without items', async () => {
    const { recommender, users, items } = loaded;
    const adaptation = await adapt(loaded, history);
    const { explained } = await resultsOf(loaded, adaptation);
    expect(Object.keys(explained)).not.toEqual([]);
    for (const { shape, data } of Object.values(explained)) {
      expect(shape[0]).toBe(everyItem.length);
      expect(data.every(Number.isFinite)).toBe(true);
    }
    const [user, none] = [selectEmbeddings(users, [0]), selectEmbeddings(items, [])];
    expect(await recommender.explain(adaptation, user, none)).toEqual({});
    expect(await recommender.score(adaptation, user, none)).toHaveLength(0);
  });

  test.each([1, 4])('gives the same result in runs of %i rows as in one run', async (rowsPerRun) => {
    const inRuns = await load(artifact, engine, rowsPerRun);
    const [expected, received] = [
      await resultsOf(loaded, await adapt(loaded, history)),
      await resultsOf(inRuns, await adapt(inRuns, history)),
    ];
    expectClose(numbersOf(received), numbersOf(expected), 1e-5);
    inRuns.recommender.dispose();
  });

  test('gives an item the same score with other items and alone', async () => {
    const { recommender, users, items } = loaded;
    const { adaptation, scores } = await resultsOf(loaded, await adapt(loaded, history));
    const alone = await recommender.score(adaptation, selectEmbeddings(users, [0]), selectEmbeddings(items, [3]));
    expect(alone[0]).toBeCloseTo(scores[3] as number, 4);
  });

  test('accepts one user for all pairs or one user per pair', async () => {
    const support = supportOf(loaded, history);
    const users = selectEmbeddings(
      loaded.users,
      history.map(() => 0),
    );
    const repeated = await resultsOf(loaded, await loaded.recommender.adapt({ ...support, users }));
    const single = await resultsOf(loaded, await loaded.recommender.adapt(support));
    expectClose(numbersOf(repeated), numbersOf(single), 1e-5);
  });

  test('does not change an earlier adaptation, and adds to its number of pairs', async () => {
    const earlier = await adapt(loaded, history.slice(0, 3));
    const before = earlier.state.slice();
    const later = await adapt(loaded, history.slice(3), earlier);
    expect(later.pairs).toBe(history.length);
    expect(earlier).toEqual({ state: before, pairs: 3 });
  });

  test('returns an equal adaptation if there are no further pairs', async () => {
    const earlier = await adapt(loaded, history);
    expect(await adapt(loaded, [], earlier)).toEqual(earlier);
  });

  if (foldsExactly) {
    test('gives the same result for pairs one by one and all at once', async () => {
      let folded: Adaptation | undefined;
      for (const pair of history) folded = await adapt(loaded, [pair], folded);
      const together = await resultsOf(loaded, await adapt(loaded, history));
      expectClose(numbersOf(await resultsOf(loaded, folded as Adaptation)), numbersOf(together), 1e-5);
    });
  }

  test('gives exactly the same result after saving and loading', async () => {
    const again = await load(loaded.recommender.save(), engine);
    const first = await resultsOf(loaded, await adapt(loaded, history));
    expect(await resultsOf(again, await adapt(again, history))).toEqual(first);
    again.recommender.dispose();
  });

  test('refuses a support set without exactly one label per item', async () => {
    const wrong = { ...supportOf(loaded, history), labels: Float32Array.of(1) };
    await expect(loaded.recommender.adapt(wrong)).rejects.toThrow(
      'Expected one label for each of 7 items, and one user for each item or for all, got 1 labels and 1 users.',
    );
  });

  test('refuses an artifact with an extra parameter, a missing parameter or an invalid configuration', async () => {
    const { parameters } = artifact;
    const [name, parameter] = Object.entries(parameters)[0] as [string, HostTensors[string]];
    const { [name]: _, ...fewer } = parameters;
    const more = { ...parameters, extra: parameter };
    const refusal = (changes: Partial<ModelArtifact>) =>
      expect(loadRecommender({ ...artifact, ...changes }, engine)).rejects;
    await refusal({ parameters: more }).toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringContaining('Expected no parameter "extra"'),
    });
    await refusal({ parameters: fewer }).toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringContaining(`Expected parameter "${name}"`),
    });
    await refusal({ config: { depth: 3 } }).toMatchObject({
      code: 'INVALID_CONFIGURATION',
      message: expect.stringContaining('"depth"'),
    });
  });
});

describe.each(recommenderCases)('$title', ({ artifact }) => {
  test('frees its memory on dispose', async () => {
    const engine = await openEngine('wasm');
    const before = memory().numTensors;
    const loaded = await load(artifact, engine);
    await resultsOf(loaded, await adapt(loaded, history));
    loaded.recommender.dispose();
    // Functions that are compiled on first use are freed in the next microtask.
    await Promise.resolve();
    expect(memory().numTensors).toBe(before);
  });

  test('exports each serving function as a file that ONNX Runtime loads', async () => {
    for (const definition of Object.values(servingFunctions(artifact))) {
      const session = await InferenceSession.create(await exportOnnx(definition));
      expect(session.outputNames.length).toBeGreaterThan(0);
      await session.release();
    }
  });

  test('gives the engine a thread source for the function that takes gradient steps, and for no other', async () => {
    const engine = await openEngine('wasm');
    const sources: FunctionSource[] = [];
    const watched: Engine = {
      ...engine,
      compile(definition) {
        if (definition.threadSource) sources.push(definition.threadSource);
        return engine.compile(definition);
      },
    };
    const loaded = await load(artifact, watched);
    await adapt(loaded, history);
    loaded.recommender.dispose();
    const roles = Object.keys(servingFunctions(artifact)).filter((role) => role === 'adapt' || role === 'fineTune');
    const requests = await Promise.all(sources.map((source) => source.argument() as Promise<ServingFunctionRequest>));
    expect(requests.map(({ role }) => role)).toEqual(roles);
  });

  test('saves a configuration that survives JSON', async () => {
    const recommender = await loadRecommender(artifact, await openEngine('wasm'));
    const { config } = recommender.save();
    expect(JSON.parse(JSON.stringify(config))).toEqual(config);
    recommender.dispose();
  });
});

describe.each(Object.entries(plantedTruths))('trained on planted data (%s),', (kind, truths) => {
  test.each(truths)('$title', async (truth) => {
    const { config, options, training: data, supportPairs, minimumShare } = truth;
    const trained = await trainRecipe({
      kind: kind as RecommenderKind,
      ids: truth.ids ?? [],
      config,
      options,
      data,
      engine: await openEngine('onnx'),
    });
    const recommender = await loadRecommender(trained.artifact, await openEngine('wasm'));
    expect(await orderedShare(recommender, truth, supportPairs)).toBeGreaterThanOrEqual(minimumShare);
    // If the support pairs show the order, a model without them cannot know it.
    if (supportPairs > 0) expect(await orderedShare(recommender, truth, 0)).toBeLessThan(0.7);
    recommender.dispose();
  });
});
