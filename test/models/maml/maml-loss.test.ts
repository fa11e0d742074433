import { beforeAll, describe, expect, test } from '@jest/globals';
import { openEngine } from '../../../src/engine/engines.ts';
import { embeddingConstants } from '../../../src/models/embedding/entity-embedding.ts';
import { episodeInputs } from '../../../src/models/episodes.ts';
import { adaptedParts } from '../../../src/models/maml/maml-config.ts';
import { mamlLoss } from '../../../src/models/maml/maml-loss.ts';
import { objectiveKinds } from '../../../src/models/objectives.ts';
import { gradientsOf } from '../../engine/gradients-of.ts';
import { lossOf } from '../../engine/loss-of.ts';
import { type Weights, weightsOf } from '../cmml/reference-weights.ts';
import { encodedItems, encodedUsers, schema } from '../cmml/small-cmml.ts';
import { differences, mean } from '../dcn/reference-dcn.ts';
import { catalog } from '../dcn/small-dcn.ts';
import { smallEpisodes, tasksOf } from '../small-episodes.ts';
import { ReferenceMaml } from './reference-maml.ts';
import { smallMaml } from './small-maml.ts';

const engines = ['onnx', 'wasm'] as const;
const cases = adaptedParts.flatMap((adapted) =>
  [true, false].flatMap((secondOrder) =>
    objectiveKinds.map((objective) => ({ adapted, secondOrder, ...smallEpisodes[objective].fields })),
  ),
);
const title = 'the loss of MAML that adapts $adapted, second order: $secondOrder, objective: $objective';

describe.each(cases)(title, (variant) => {
  const { batch, batchSize } = smallEpisodes[variant.objective];
  const tasks = tasksOf(smallEpisodes[variant.objective]);
  const { config, parameters } = smallMaml(variant);
  const reference = new ReferenceMaml(config, catalog);
  const loss = mamlLoss(config, schema);
  const constants = embeddingConstants(config, encodedUsers, encodedItems);
  const inputs = episodeInputs(batchSize);
  const weights = weightsOf(parameters);

  test.each(engines)('on %s is that of the query sets after the steps, in double precision', async (name) => {
    const engine = await openEngine(name);
    const received = await lossOf(engine, loss, parameters, { constants, inputs, batch });
    const expected = mean(tasks.map(({ support, query }) => reference.loss(reference.adapt(weights, support), query)));
    expect(received).toBeCloseTo(expected, 4);
  });

  describe('has the gradients of finite differences in every parameter', () => {
    let expected: Weights;
    beforeAll(() => {
      expected = differences(weights, Object.keys(parameters), lossAt());
    });

    test.each(engines)('on %s', async (name) => {
      const engine = await openEngine(name);
      const gradients = await gradientsOf(engine, loss, parameters, { constants, inputs, batch });
      for (const [parameter, values] of Object.entries(expected)) {
        for (const [index, value] of values.entries()) {
          const gradient = gradients[parameter]?.data[index] as number;
          expect(Math.abs(gradient - value)).toBeLessThan(2e-4 * (1 + Math.abs(value)));
        }
      }
    });
  });

  /** Returns the loss as a function of the weights. Without the second order, what the steps add is a constant. */
  function lossAt(): (at: Weights) => number {
    if (variant.secondOrder) {
      return (at) => mean(tasks.map(({ support, query }) => reference.loss(reference.adapt(at, support), query)));
    }
    const added = tasks.map(({ support }) => difference(reference.adapt(weights, support), weights));
    return (at) => mean(tasks.map(({ query }, task) => reference.loss(sum(at, added[task] as Weights), query)));
  }
});

function difference(a: Weights, b: Weights): Weights {
  return sum(a, b, -1);
}

function sum(a: Weights, b: Weights, sign = 1): Weights {
  return Object.fromEntries(
    Object.entries(a).map(([name, values]) => [
      name,
      values.map((value, index) => value + sign * (b[name]?.[index] as number)),
    ]),
  );
}
