import { describe, expect, test } from '@jest/globals';
import { openEngine } from '../../../src/engine/engines.ts';
import { floatTensor } from '../../../src/engine/host-tensor.ts';
import { featureSchema } from '../../../src/features/feature-schema.ts';
import { typeIndex } from '../../../src/features/interaction-types.ts';
import { checkEaseSize, declareEase, maxEaseItems } from '../../../src/models/closed-form/ease.ts';
import { checkParameterCount, storedParameters } from '../../../src/models/model-sizes.ts';
import type { ModelArtifact, Recommender } from '../../../src/models/recommender.ts';
import { loadRecommender, servingFunctions } from '../../../src/models/recommenders.ts';
import { recommenderCases } from '../../contract/recommender/recommender-cases.ts';

const kinds = ['ease', 'itemKnn', 'ials'];
const cases = recommenderCases.filter(({ artifact }) => kinds.includes(artifact.kind));
/** ID rows 1 to 5 are known items. Row 0 stands for unknown ones. */
const everyId = [0, 1, 2, 3, 4, 5];
const [rate, view] = [typeIndex('RATE'), typeIndex('VIEW')];

const rows = (ids: readonly number[]) => ({ rows: ids.length, width: 1, data: Float32Array.from(ids) });
const user = rows([0]);

type Pair = readonly [id: number, type: number, label: number];

function adapt(recommender: Recommender, pairs: readonly Pair[]) {
  return recommender.adapt({
    users: user,
    items: rows(pairs.map(([id]) => id)),
    types: Uint8Array.from(pairs, ([, type]) => type),
    labels: Float32Array.from(pairs, ([, , label]) => label),
  });
}

async function scoresAfter(recommender: Recommender, pairs: readonly Pair[]): Promise<Float32Array> {
  return recommender.score(await adapt(recommender, pairs), user, rows(everyId));
}

describe.each(cases)('$title', ({ artifact }) => {
  const load = async () => loadRecommender(artifact, await openEngine('wasm'));

  test('reads ratings of at least positiveFrom and all other interactions, and no lower ratings', async () => {
    const recommender = await load();
    const expected = await scoresAfter(recommender, [
      [2, rate, 5],
      [4, view, 0],
    ]);
    const received = await scoresAfter(recommender, [
      [2, rate, 3],
      [1, rate, 2],
      [4, view, 0],
    ]);
    expect(received).toEqual(expected);
    recommender.dispose();
  });

  test('counts an item once, whatever the number of its interactions, and unknown items never', async () => {
    const recommender = await load();
    const once = await scoresAfter(recommender, [[2, rate, 5]]);
    const often = await scoresAfter(recommender, [
      [2, view, 0],
      [0, view, 0],
      [2, rate, 5],
    ]);
    expect(often).toEqual(once);
    recommender.dispose();
  });

  test('orders items by popularity without positives, and scores unknown items 0', async () => {
    const recommender = await load();
    const scores = await scoresAfter(recommender, [[3, rate, 1]]);
    const popularity = [...artifact.parameters['item.positives']!.data];
    const order = (values: readonly number[]) => [...everyId].slice(1).sort((a, b) => values[b]! - values[a]!);
    expect(order([...scores])).toEqual(order(popularity));
    expect(scores[0]).toBe(0);
    recommender.dispose();
  });

  test('the exported functions give the same scores', async () => {
    const recommender = await load();
    const engine = await openEngine('onnx');
    const functions = servingFunctions(artifact);
    const run = async (name: string, inputs: Parameters<Awaited<ReturnType<typeof engine.compile>>['run']>[0]) => {
      const compiled = await engine.compile(functions[name]!);
      const outputs = await compiled.run(inputs);
      compiled.dispose();
      return outputs;
    };
    const folded = functions.fold
      ? await run('fold', { positives: { dtype: 'int32', shape: [2], data: Int32Array.of(2, 5) } })
      : { positives: floatTensor([6], Float32Array.of(0, 0, 1, 0, 0, 1)) };
    const { scores } = await run('score', folded);
    const expected = await scoresAfter(recommender, [
      [2, rate, 5],
      [5, view, 0],
    ]);
    for (const id of everyId) expect(scores!.data[id]).toBeCloseTo(expected[id]!, 5);
    recommender.dispose();
  });
});

function artifactOf(kind: string): ModelArtifact {
  return cases.find(({ artifact }) => artifact.kind === kind)!.artifact;
}

test('the score of EASE is the sum of the weights from the positives to the item', async () => {
  const artifact = artifactOf('ease');
  const recommender = await loadRecommender(artifact, await openEngine('wasm'));
  const scores = await scoresAfter(recommender, [
    [1, view, 0],
    [4, view, 0],
  ]);
  const weights = artifact.parameters['item.weights']!.data;
  for (const id of everyId) expect(scores[id]).toBeCloseTo(weights[6 + id]! + weights[4 * 6 + id]!, 5);
});

test('the score of item-kNN is the sum of the similarities of the positives that have the item as a neighbor', async () => {
  const artifact = artifactOf('itemKnn');
  const recommender = await loadRecommender(artifact, await openEngine('wasm'));
  const scores = await scoresAfter(recommender, [
    [1, view, 0],
    [5, view, 0],
  ]);
  // The neighbors of row 1 are 2 and 3, those of row 5 are 3 and 4.
  const similarity = artifact.parameters['item.similarities']!.data;
  const expected = [0, 0, similarity[2]!, similarity[3]! + similarity[10]!, similarity[11]!, 0];
  for (const id of everyId) expect(scores[id]).toBeCloseTo(expected[id]!, 5);
});

test('the item vectors of iALS are the factors of the items', async () => {
  const artifact = artifactOf('ials');
  const recommender = await loadRecommender(artifact, await openEngine('wasm'));
  const factors = artifact.parameters['item.factors']!.data;
  const vectors = recommender.itemVectors?.(rows([3, 0]));
  expect(vectors).toEqual({ rows: 2, width: 4, data: Float32Array.of(...factors.subarray(12, 16), 0, 0, 0, 0) });
  recommender.dispose();
});

test.each([
  ['ease', (artifact: ModelArtifact) => [0, 0, ...artifact.parameters['item.weights']!.data.subarray(8, 12)]],
  [
    'itemKnn',
    // The neighbors of row 1 are 2 and 3.
    (artifact: ModelArtifact) => [0, 0, ...artifact.parameters['item.similarities']!.data.subarray(2, 4), 0, 0],
  ],
])('the similarities of %s are the weights from the item to the others', async (kind, expected) => {
  const artifact = artifactOf(kind);
  const recommender = await loadRecommender(artifact, await openEngine('wasm'));
  const similarities = await recommender.similarities?.(rows([1]), rows(everyId));
  expect([...similarities!]).toEqual(expected(artifact));
  expect([...(await recommender.similarities?.(rows([0]), rows(everyId)))!]).toEqual(everyId.map(() => 0));
  recommender.dispose();
});

test('EASE refuses more items than the weights of which can be stored', () => {
  const vocabulary = Array.from({ length: maxEaseItems + 1 }, (_, item) => `item ${item}`);
  const field = { entity: 'item', name: 'id', kind: 'categorical', slots: 1, mean: 0, deviation: 1 } as const;
  const refused = () => checkEaseSize(featureSchema([{ ...field, vocabulary }]));
  expect(refused).toThrow(
    'kind: EASE keeps a weight for each pair of items; expected at most 15,809 items, got 15,810; train "itemKnn" or "ials" instead',
  );
  const largest = featureSchema([{ ...field, vocabulary: vocabulary.slice(1) }]);
  expect(() => checkEaseSize(largest)).not.toThrow();
  expect(() => checkParameterCount({}, () => declareEase(largest), storedParameters)).not.toThrow();
});
