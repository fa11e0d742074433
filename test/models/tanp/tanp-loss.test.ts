import { beforeAll, describe, expect, test } from '@jest/globals';
import type { HostTensor, HostTensors } from '../../../src/engine/engine.ts';
import { openEngine } from '../../../src/engine/engines.ts';
import { floatTensor, scalarTensor } from '../../../src/engine/host-tensor.ts';
import { embeddingConstants } from '../../../src/models/embedding/entity-embedding.ts';
import { episodeInputs } from '../../../src/models/episodes.ts';
import { noiseInputs } from '../../../src/models/noise-inputs.ts';
import { objectiveKinds } from '../../../src/models/objectives.ts';
import { tanpLoss } from '../../../src/models/tanp/tanp-loss.ts';
import { gradientsOf } from '../../engine/gradients-of.ts';
import { lossOf } from '../../engine/loss-of.ts';
import { type Weights, weightsOf } from '../cmml/reference-weights.ts';
import { encodedItems, encodedUsers, schema } from '../cmml/small-cmml.ts';
import { differences, mean } from '../dcn/reference-dcn.ts';
import { meanLoss, referenceLosses } from '../reference-objectives.ts';
import { type SmallTask, smallEpisodes, tasksOf } from '../small-episodes.ts';
import { clusterTargets, integratedDivergence, ReferenceTanp } from './reference-tanp.ts';
import { catalog, smallTanp } from './small-tanp.ts';

const engines = ['onnx', 'wasm'] as const;

describe.each(objectiveKinds)('the TaNP loss with %s', (objective) => {
  const { batch: full, batchSize, fields } = smallEpisodes[objective];
  // The encoder reads every support pair, so one of the first task's positives needs no partner.
  const mask = full.supportMask as HostTensor;
  const batch = { ...full, supportMask: { ...mask, data: mask.data.with(2, 0) } };
  const tasks = tasksOf({ batch, batchSize });
  // Scores differ enough for leads above 1, in training and in validation.
  const { config, parameters } = smallTanp({ ...fields, embeddingDeviation: 8, klWeight: 0.7, clusterWeight: 1.3 });
  const noise = Array.from({ length: 4 * config.latentWidth }, (_, at) => 1.5 * Math.sin(1 + 2 * at));
  const reference = new ReferenceTanp(config, catalog);
  const loss = tanpLoss(config, schema);
  const constants = embeddingConstants(config, encodedUsers, encodedItems);
  const inputs = { ...episodeInputs(batchSize), ...noiseInputs(config.latentWidth, batchSize.tasks) };
  const start = weightsOf(parameters);

  const training: HostTensors = {
    ...batch,
    noise: floatTensor([4, config.latentWidth], Float32Array.from(noise)),
    training: scalarTensor(1),
  };
  const validation: HostTensors = {
    ...batch,
    noise: floatTensor([4, config.latentWidth], new Float32Array(4 * config.latentWidth)),
    training: scalarTensor(0),
  };

  test.each(engines)('on %s matches the paper, computed task by task in double precision', async (name) => {
    const engine = await openEngine(name);
    const valueOn = (given: HostTensors) => lossOf(engine, loss, parameters, { constants, inputs, batch: given });
    expect(await valueOn(training)).toBeCloseTo(referenceLoss(start, start), 4);
    expect(await valueOn(validation)).toBeCloseTo(referenceValidation(start), 4);
  });

  describe('has the gradients of finite differences in every parameter', () => {
    let expected: Weights;
    beforeAll(() => {
      expected = differences(start, Object.keys(parameters), (weights) => referenceLoss(weights, start));
    });

    test.each(engines)('on %s', async (name) => {
      const engine = await openEngine(name);
      const gradients = await gradientsOf(engine, loss, parameters, { constants, inputs, batch: training });
      for (const [parameter, values] of Object.entries(expected)) {
        for (const [index, value] of values.entries()) {
          const gradient = gradients[parameter]?.data[index] as number;
          expect(Math.abs(gradient - value)).toBeLessThan(1e-4 * (1 + Math.abs(value)));
        }
      }
    });
  });

  /** The paper's loss. The targets of the clustering loss are those of `targetsOf`, whatever the weights. */
  function referenceLoss(weights: Weights, targetsOf: Weights): number {
    const supportOf = ({ user, support: pairs }: SmallTask) => ({ user, pairs });
    const targets = clusterTargets(tasks.map((task) => reference.clusters(targetsOf, supportOf(task))));
    return mean(
      tasks.map((task, row) => {
        const support = supportOf(task);
        const prior = reference.latent(weights, support);
        const posterior = reference.latent(weights, { ...support, pairs: [...task.support, ...task.query] });
        const drawn = posterior.mean.map(
          (value, at) => value + (noise[row * config.latentWidth + at] as number) * (posterior.deviation[at] as number),
        );
        const losses = referenceLosses(objective, task.query, ({ item }) =>
          reference.score(weights, support, item, drawn),
        );
        const assigned = reference.clusters(weights, support);
        const clustering = (targets[row] as number[]).reduce(
          (sum, target, at) => sum + target * Math.log(target / (assigned[at] as number)),
          0,
        );
        return meanLoss(losses) + 0.7 * integratedDivergence(posterior, prior) + 1.3 * clustering;
      }),
    );
  }

  /** The loss of the query sets with the mean latent variables given the support sets. */
  function referenceValidation(weights: Weights): number {
    return mean(
      tasks.map(({ user, support: pairs, query }) =>
        meanLoss(referenceLosses(objective, query, ({ item }) => reference.score(weights, { user, pairs }, item))),
      ),
    );
  }
});
