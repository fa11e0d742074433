import { beforeAll, describe, expect, test } from '@jest/globals';
import type { HostTensors } from '../../../src/engine/engine.ts';
import { openEngine } from '../../../src/engine/engines.ts';
import { floatTensor, scalarTensor } from '../../../src/engine/host-tensor.ts';
import { embeddingConstants } from '../../../src/models/embedding/entity-embedding.ts';
import { episodeInputs } from '../../../src/models/episodes.ts';
import { noiseInputs } from '../../../src/models/noise-inputs.ts';
import { objectiveKinds } from '../../../src/models/objectives.ts';
import { s2metaLoss } from '../../../src/models/s2meta/s2meta-loss.ts';
import { gradientsOf } from '../../engine/gradients-of.ts';
import { lossOf } from '../../engine/loss-of.ts';
import { type Weights, weightsOf } from '../cmml/reference-weights.ts';
import { encodedItems, encodedUsers, schema } from '../cmml/small-cmml.ts';
import { differences, mean } from '../dcn/reference-dcn.ts';
import { catalog } from '../dcn/small-dcn.ts';
import { smallEpisodes, tasksOf } from '../small-episodes.ts';
import { ReferenceS2Meta } from './reference-s2meta.ts';
import { smallS2Meta } from './small-s2meta.ts';

const engines = ['onnx', 'wasm'] as const;
/** The first task goes on, the second ends before the second step, and the third has no support pairs. */
const draws = [
  [0, 0.999, 0.999],
  [0, 0, 0.999],
  [0, 0.999, 0.999],
];

describe.each(objectiveKinds)('the loss of s²Meta with %s', (objective) => {
  const { batch, batchSize, fields } = smallEpisodes[objective];
  const { config, parameters } = smallS2Meta({ ...fields, embeddingWidth: 1, layerWidths: [3, 2] });
  const weights = weightsOf(parameters);
  const reference = new ReferenceS2Meta(config, catalog);
  const tasks = tasksOf(smallEpisodes[objective]);
  const base = tasks.map(({ support }, task) => reference.steps(weights, support, draws[task] as number[]));

  const loss = s2metaLoss(config, schema);
  const constants = embeddingConstants(config, encodedUsers, encodedItems);
  const inputs = { ...episodeInputs(batchSize), ...noiseInputs(config.innerSteps, batchSize.tasks) };
  const noise = floatTensor([4, 3], Float32Array.from([...draws, [0, 0, 0]].flat()));
  const inTraining: HostTensors = { ...batch, noise, training: scalarTensor(1) };

  test('is computed for tasks of which one ends early and one takes no step', () => {
    expect(base.map((steps) => steps.map(({ taken }) => taken))).toEqual([
      [true, true, true],
      [true, false, false],
      [false, false, false],
    ]);
  });

  test.each(engines)('on %s is that of the query sets after the learned steps, in double precision', async (name) => {
    const engine = await openEngine(name);
    const valueOn = (given: HostTensors) => lossOf(engine, loss, parameters, { constants, inputs, batch: given });
    expect(await valueOn({ ...inTraining, training: scalarTensor(0) })).toBeCloseTo(queryLoss(weights), 4);
    expect(await valueOn(inTraining)).toBeCloseTo(queryLoss(weights) + stopLoss(weights), 4);
  });

  describe('has the gradients of finite differences in every parameter, with what the controllers see as constants', () => {
    let expected: Weights;
    beforeAll(() => {
      expected = differences(weights, Object.keys(parameters), (at) => queryLoss(at) + stopLoss(at));
    });

    test.each(engines)('on %s', async (name) => {
      const engine = await openEngine(name);
      const gradients = await gradientsOf(engine, loss, parameters, { constants, inputs, batch: inTraining });
      for (const [parameter, values] of Object.entries(expected)) {
        for (const [index, value] of values.entries()) {
          const gradient = gradients[parameter]?.data[index] as number;
          expect(Math.abs(gradient - value)).toBeLessThan(3e-4 * (1 + Math.abs(value)));
        }
      }
    });
  });

  test('does not teach the stop controller if all steps are always taken', async () => {
    const always = s2metaLoss({ ...config, minSteps: config.innerSteps }, schema);
    const engine = await openEngine('onnx');
    const gradients = await gradientsOf(engine, always, parameters, { constants, inputs, batch: inTraining });
    const ofStop = Object.entries(gradients).filter(([name]) => name.startsWith('stop.'));
    expect(ofStop).toHaveLength(5);
    for (const [, { data }] of ofStop) expect(data.every((value) => value === 0)).toBe(true);
  });

  /** The loss of the query sets after the steps. The controllers see what they saw with the original weights. */
  function queryLoss(at: Weights): number {
    return mean(tasks.map(({ query }, task) => reference.loss({ ...at, ...layersOf(at, task) }, query)));
  }

  function layersOf(at: Weights, task: number, place = -1): Weights {
    const { support } = tasks[task] as (typeof tasks)[number];
    return reference.steps(at, support, draws[task] as number[], base[task]).at(place)?.layers as Weights;
  }

  /** −Σ ln(1 − stop) · (loss before the step − loss at the end) over the decisions to go on, averaged over tasks. */
  function stopLoss(at: Weights): number {
    return mean(
      tasks.map(({ support, query }, task) => {
        const steps = reference.steps(at, support, draws[task] as number[], base[task]);
        const lossAfter = (place: number) =>
          reference.loss({ ...weights, ...(place < 0 ? {} : base[task]?.[place]?.layers) }, query);
        const terms = steps.map(({ stop, taken }, place) => {
          if (place < config.minSteps || !taken) return 0;
          return -Math.log(1 - stop) * (lossAfter(place - 1) - lossAfter(steps.length - 1));
        });
        return terms.reduce((sum, term) => sum + term, 0);
      }),
    );
  }
});
