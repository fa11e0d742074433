import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { memory } from '@tensorflow/tfjs-core';
import { InferenceSession } from 'onnxruntime-node';
import type { Engine, EngineName, HostTensors } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { exportOnnx } from '../../src/engine/onnx/write-model.ts';
import { type Adaptation, type ModelArtifact, selectEmbeddings } from '../../src/models/recommender.ts';
import { loadRecommender, servingFunctions } from '../../src/models/recommenders.ts';
import { expectClose } from '../support/compare-tensors.ts';
import {
  adapt,
  history,
  type Loaded,
  load,
  numbersOf,
  say,
  supportOf,
} from './recommender/loaded-recommender.ts';
import { recommenderCases } from './recommender/recommender-cases.ts';
import { everyItem, schema } from './recommender/small-catalog.ts';

const engines: readonly EngineName[] = ['onnx', 'wasm'];
const cases = engines.flatMap((engine) => recommenderCases.map((each) => ({ engine, ...each })));

describe.each(cases)('$title on $engine', ({ engine: name, artifact, foldsExactly }) => {
  let engine: Engine;
  let loaded: Loaded;
  beforeAll(async () => {
    engine = await openEngine(name);
    loaded = await load(artifact, engine);
  });
  afterAll(() => loaded.recommender.dispose());

  test('says which kind it is, its schema, and how many support pairs it takes', () => {
    const { recommender } = loaded;
    expect(recommender).toMatchObject({ kind: artifact.kind, schema });
    expect(recommender.supportLimit).toBeGreaterThan(0);
  });

  test.each([0, 1, 4, 7])('has a finite score for each item after %i support pairs', async (count) => {
    const { adaptation, scores } = await say(loaded, await adapt(loaded, history.slice(0, count)));
    expect(adaptation.pairs).toBe(count);
    expect(scores).toHaveLength(everyItem.length);
    expect([...scores, ...adaptation.state].every(Number.isFinite)).toBe(true);
    expect(new Set(scores).size).toBeGreaterThan(1);
  });

  test('explains each item in numbers of its own, and none without items', async () => {
    const { recommender, users, items } = loaded;
    const adaptation = await adapt(loaded, history);
    const { explained } = await say(loaded, adaptation);
    expect(Object.keys(explained)).not.toEqual([]);
    for (const { shape, data } of Object.values(explained)) {
      expect(shape[0]).toBe(everyItem.length);
      expect(data.every(Number.isFinite)).toBe(true);
    }
    const [user, none] = [selectEmbeddings(users, [0]), selectEmbeddings(items, [])];
    expect(await recommender.explain(adaptation, user, none)).toEqual({});
    expect(await recommender.score(adaptation, user, none)).toHaveLength(0);
  });

  test.each([1, 4])('gives the same in runs of %i rows as in one', async (rowsPerRun) => {
    const inRuns = await load(artifact, engine, rowsPerRun);
    const [expected, received] = [
      await say(loaded, await adapt(loaded, history)),
      await say(inRuns, await adapt(inRuns, history)),
    ];
    expectClose(numbersOf(received), numbersOf(expected), 1e-5);
    inRuns.recommender.dispose();
  });

  test('scores an item alike beside others and alone', async () => {
    const { recommender, users, items } = loaded;
    const { adaptation, scores } = await say(loaded, await adapt(loaded, history));
    const alone = await recommender.score(
      adaptation,
      selectEmbeddings(users, [0]),
      selectEmbeddings(items, [3]),
    );
    expect(alone[0]).toBeCloseTo(scores[3] as number, 4);
  });

  test('takes one user for all pairs or the same for each', async () => {
    const support = supportOf(loaded, history);
    const users = selectEmbeddings(
      loaded.users,
      history.map(() => 0),
    );
    const repeated = await say(loaded, await loaded.recommender.adapt({ ...support, users }));
    const single = await say(loaded, await loaded.recommender.adapt(support));
    expectClose(numbersOf(repeated), numbersOf(single), 1e-5);
  });

  test('leaves an earlier adaptation as it was, and counts on from it', async () => {
    const earlier = await adapt(loaded, history.slice(0, 3));
    const before = earlier.state.slice();
    const later = await adapt(loaded, history.slice(3), earlier);
    expect(later.pairs).toBe(history.length);
    expect(earlier).toEqual({ state: before, pairs: 3 });
  });

  test('is where it was after no further pairs', async () => {
    const earlier = await adapt(loaded, history);
    expect(await adapt(loaded, [], earlier)).toEqual(earlier);
  });

  if (foldsExactly) {
    test('gives the same for pairs one by one as for all at once', async () => {
      let folded: Adaptation | undefined;
      for (const pair of history) folded = await adapt(loaded, [pair], folded);
      const together = await say(loaded, await adapt(loaded, history));
      expectClose(numbersOf(await say(loaded, folded as Adaptation)), numbersOf(together), 1e-5);
    });
  }

  test('says exactly the same after it is saved and loaded', async () => {
    const again = await load(loaded.recommender.save(), engine);
    const first = await say(loaded, await adapt(loaded, history));
    expect(await say(again, await adapt(again, history))).toEqual(first);
    again.recommender.dispose();
  });

  test('refuses a support set with other than a label for each item', async () => {
    const wrong = { ...supportOf(loaded, history), labels: Float32Array.of(1) };
    await expect(loaded.recommender.adapt(wrong)).rejects.toThrow(
      'Expected one label for each of 7 items, and one user for each item or for all, got 1 labels and 1 users.',
    );
  });

  test('refuses an artifact with a parameter too many or too few, or a configuration that is none', async () => {
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
  test('frees its memory when it is disposed of', async () => {
    const engine = await openEngine('wasm');
    const before = memory().numTensors;
    const loaded = await load(artifact, engine);
    await say(loaded, await adapt(loaded, history));
    loaded.recommender.dispose();
    // What is compiled when first asked for is freed in the next turn.
    await Promise.resolve();
    expect(memory().numTensors).toBe(before);
  });

  test('exports each function it serves with as a file that ONNX Runtime loads', async () => {
    for (const definition of Object.values(servingFunctions(artifact))) {
      const session = await InferenceSession.create(await exportOnnx(definition));
      expect(session.outputNames.length).toBeGreaterThan(0);
      await session.release();
    }
  });

  test('is plain data when it is saved: its configuration survives JSON', async () => {
    const recommender = await loadRecommender(artifact, await openEngine('wasm'));
    const { config } = recommender.save();
    expect(JSON.parse(JSON.stringify(config))).toEqual(config);
    recommender.dispose();
  });
});
