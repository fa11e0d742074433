import { describe, expect, test } from '@jest/globals';
import { openEngine } from '../../../src/engine/engines.ts';
import { floatTensor, integerTensor } from '../../../src/engine/host-tensor.ts';
import { adam } from '../../../src/models/adam.ts';
import type { DcnConfigInput } from '../../../src/models/dcn/dcn-config.ts';
import { dcnLoss } from '../../../src/models/dcn/dcn-loss.ts';
import { declareLayers } from '../../../src/models/dcn/dcn-network.ts';
import { loadDcn } from '../../../src/models/dcn/dcn-recommender.ts';
import { embeddingConstants } from '../../../src/models/embedding/entity-embedding.ts';
import { episodeInputs } from '../../../src/models/episodes.ts';
import { packParameters } from '../../../src/models/gradient-steps/packed-parameters.ts';
import { type Weights, weightsOf } from '../cmml/reference-weights.ts';
import { encodedItems, encodedUsers, schema } from '../cmml/small-cmml.ts';
import { adapt, expectAllClose, type Rated, scoresOf } from '../cmml/small-recommender.ts';
import { referenceDescent } from '../gradient-steps/reference-descent.ts';
import { mean, ReferenceDcn } from './reference-dcn.ts';
import { catalog, smallArtifact, smallDcn } from './small-dcn.ts';

const fineTuning = { steps: 4, learningRate: 0.02 };
const variant: DcnConfigInput = { labels: { mean: 3, deviation: 1.5 }, projectionWidth: 3, fineTuning };
const history: readonly Rated[] = [
  { item: 2, label: 4 },
  { item: 0, label: 1 },
  { item: 3, label: 5 },
];
const everyItem = [0, 1, 2, 3];
const engines = ['onnx', 'wasm'] as const;

describe.each(engines)('DCN-F on %s', (name) => {
  test('matches Adam in double precision on the mean error of the support set', async () => {
    const recommender = await loadDcn(smallArtifact(variant), await openEngine(name));
    const adaptation = await adapt(recommender, 1, history);
    const weights = referenceFineTuning();
    const reference = new ReferenceDcn(smallDcn(variant).config, catalog);
    expectAllClose(
      await scoresOf(recommender, 1, adaptation, everyItem),
      everyItem.map((item) => reference.score(weights, { user: 1, item })),
      3,
    );
    recommender.dispose();
  });

  test('gives the same layers as training on the same pairs with fixed embeddings', async () => {
    const { config, parameters } = smallDcn(variant);
    const engine = await openEngine(name);
    const layerNames = Object.keys(declareLayers(config, schema));
    const [layers, embeddings] = [true, false].map((trained) =>
      Object.fromEntries(Object.entries(parameters).filter(([each]) => layerNames.includes(each) === trained)),
    ) as [typeof parameters, typeof parameters];
    const loss = dcnLoss(config, schema, ['support']);
    const training = await engine.compileTraining({
      loss: (trained, inputs) => loss({ ...inputs, ...trained }, inputs),
      optimizer: adam({ weightDecay: 0 }),
      parameters: layers,
      constants: { ...embeddings, ...embeddingConstants(config, encodedUsers, encodedItems) },
      inputs: episodeInputs({ tasks: 1, support: 3, query: 1, userPerPair: false }),
    });
    for (let step = 0; step < fineTuning.steps; step++) await training.run(episode, fineTuning.learningRate);
    const trained = await training.parameters();
    training.dispose();
    const recommender = await loadDcn(smallArtifact(variant), engine);
    const { state } = await adapt(recommender, 1, history);
    expectAllClose([...state], [...packParameters(declareLayers(config, schema), trained)]);
    recommender.dispose();
  });

  test('pairs positives with negatives in any position, and leaves out pairs without a partner', async () => {
    const pairwise: DcnConfigInput = { objective: 'bpr', fineTuning };
    const recommender = await loadDcn(smallArtifact(pairwise), await openEngine(name));
    const [a, b, c] = [
      { item: 0, label: 1 },
      { item: 1, label: 0 },
      { item: 2, label: 1 },
    ] as const;
    const before = await scoresOf(recommender, 0, await adapt(recommender, 0, []), everyItem);
    const mixed = await scoresOf(recommender, 0, await adapt(recommender, 0, [b, a, c]), everyItem);
    const alone = await scoresOf(recommender, 0, await adapt(recommender, 0, [a, b]), everyItem);
    const onlyPositives = await adapt(recommender, 0, [a, c]);
    expectAllClose(mixed, alone, 5);
    const lead = ([first, second]: readonly number[]) => (first as number) - (second as number);
    expect(lead(alone)).toBeGreaterThan(lead(before) + 0.01);
    expect(onlyPositives.pairs).toBe(2);
    expect(await scoresOf(recommender, 0, onlyPositives, everyItem)).toEqual(before);
    recommender.dispose();
  });

  test('continues from earlier layers, with all its steps for each support set', async () => {
    const recommender = await loadDcn(smallArtifact(variant), await openEngine(name));
    const error = async (adaptation: Parameters<typeof scoresOf>[2]) => {
      const scores = await scoresOf(
        recommender,
        1,
        adaptation,
        history.map(({ item }) => item),
      );
      return mean(scores.map((score, place) => (score - (history[place] as Rated).label) ** 2));
    };
    const none = await adapt(recommender, 1, []);
    const once = await adapt(recommender, 1, history, none);
    const twice = await adapt(recommender, 1, history, once);
    expect(await error(once)).toBeLessThan(await error(none));
    expect(await error(twice)).toBeLessThan(await error(once));
    expect(once.state).toEqual((await adapt(recommender, 1, history)).state);
    recommender.dispose();
  });
});

/** Returns the history as a batch of one task without query pairs. */
const episode = {
  supportUsers: integerTensor([1], Int32Array.of(1)),
  supportItems: integerTensor(
    [1, 3],
    Int32Array.from(history, ({ item }) => item),
  ),
  supportLabels: floatTensor(
    [1, 3],
    Float32Array.from(history, ({ label }) => label),
  ),
  supportMask: floatTensor([1, 3], Float32Array.of(1, 1, 1)),
  queryUsers: integerTensor([1], Int32Array.of(0)),
  queryItems: integerTensor([1, 1], Int32Array.of(0)),
  queryLabels: floatTensor([1, 1], Float32Array.of(0)),
  queryMask: floatTensor([1, 1], Float32Array.of(0)),
};

/** Returns the weights after fine-tuning on the history. */
function referenceFineTuning(): Weights {
  const { config, parameters } = smallDcn(variant);
  const reference = new ReferenceDcn(config, catalog);
  const loss = (weights: Weights) =>
    mean(history.map(({ item, label }) => (reference.score(weights, { user: 1, item }) - label) ** 2));
  return referenceDescent(weightsOf(parameters), Object.keys(declareLayers(config, schema)), loss, fineTuning);
}
