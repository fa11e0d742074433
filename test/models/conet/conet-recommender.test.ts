import { describe, expect, test } from '@jest/globals';
import { openEngine } from '../../../src/engine/engines.ts';
import { floatTensor } from '../../../src/engine/host-tensor.ts';
import { crossWeights } from '../../../src/models/conet/conet-network.ts';
import { loadConet } from '../../../src/models/conet/conet-recommender.ts';
import type { Adaptation, ModelArtifact, Recommender } from '../../../src/models/recommender.ts';
import { type Weights, weightsOf } from '../cmml/reference-weights.ts';
import { adapt, expectAllClose, itemRows, type Rated, scoresOf, userRow } from '../cmml/small-recommender.ts';
import { mean } from '../dcn/reference-dcn.ts';
import { catalog } from '../dcn/small-dcn.ts';
import { referenceDescent } from '../gradient-steps/reference-descent.ts';
import { pairLosses } from '../reference-objectives.ts';
import { ReferenceConet } from './reference-conet.ts';
import { smallArtifact, smallConet } from './small-conet.ts';

const everyItem = [0, 1, 2, 3];
const nothing: Adaptation = { state: new Float32Array(), pairs: 0 };
const { config, parameters } = smallConet({});
const reference = new ReferenceConet(config, catalog);
const weights = weightsOf(parameters);
const pairOf = (item: number) => ({ user: 1, item });

async function explainedBy(recommender: Recommender): Promise<Record<'target' | 'cross', number[]>> {
  const [user, items] = [await userRow(recommender, 1), await itemRows(recommender, everyItem)];
  const { target, cross } = await recommender.explain(nothing, user, items);
  return { target: [...(target?.data ?? [])], cross: [...(cross?.data ?? [])] };
}

/** The model without cross connections: H = 0. */
function withoutCross(): ModelArtifact {
  const zeros = crossWeights(config).map((name) => {
    const { shape, data } = parameters[name] as (typeof parameters)[string];
    return [name, floatTensor(shape, new Float32Array(data.length))];
  });
  return { ...smallArtifact({}), parameters: { ...parameters, ...Object.fromEntries(zeros) } };
}

describe.each(['onnx', 'wasm'] as const)('CoNet on %s', (name) => {
  test('scores by the target tower, and explains what the cross connections change in it', async () => {
    const recommender = await loadConet(smallArtifact({}), await openEngine(name));
    const scores = everyItem.map((item) => reference.scores(weights, pairOf(item)).target);
    const alone = everyItem.map((item) => reference.perceptron(weights, pairOf(item)));
    expectAllClose(await scoresOf(recommender, 1, nothing, everyItem), scores);
    const { target, cross } = await explainedBy(recommender);
    expectAllClose(target, alone);
    expectAllClose(
      cross,
      scores.map((score, at) => score - (alone[at] as number)),
    );
    recommender.dispose();
  });

  test('is a plain multilayer perceptron if the weights of the cross connections are 0', async () => {
    const recommender = await loadConet(withoutCross(), await openEngine(name));
    const expected = everyItem.map((item) => reference.perceptron(weights, pairOf(item)));
    expectAllClose(await scoresOf(recommender, 1, nothing, everyItem), expected);
    expectAllClose((await explainedBy(recommender)).cross, [0, 0, 0, 0], 6);
    recommender.dispose();
  });

  test('fine-tunes the target tower and the cross connections, as Adam does in double precision', async () => {
    const fineTuning = { steps: 4, learningRate: 0.02 };
    const history: readonly Rated[] = [
      { item: 2, label: 1 },
      { item: 0, label: 0 },
      { item: 3, label: 1 },
    ];
    const recommender = await loadConet(smallArtifact({ fineTuning }), await openEngine(name));
    const scored = (at: Weights, item: number) => reference.scores(at, pairOf(item)).target;
    const tuned = referenceDescent(
      weights,
      Object.keys(weights).filter((each) => /^(target|cross)\./.test(each)),
      (at) => mean(history.map(({ item, label }) => pairLosses.bce(scored(at, item), label))),
      fineTuning,
    );
    expectAllClose(
      await scoresOf(recommender, 1, await adapt(recommender, 1, history), everyItem),
      everyItem.map((item) => scored(tuned, item)),
      3,
    );
    recommender.dispose();
  });
});

test('CoNet without fine-tuning steps does not adapt', async () => {
  const recommender = await loadConet(smallArtifact({}), await openEngine('wasm'));
  expect(await adapt(recommender, 0, [{ item: 2, label: 1 }])).toEqual({ state: new Float32Array(), pairs: 1 });
  recommender.dispose();
});
