import { beforeAll, describe, expect, test } from '@jest/globals';
import type { HostTensors } from '../../../src/engine/engine.ts';
import { openEngine } from '../../../src/engine/engines.ts';
import { floatTensor, scalarTensor } from '../../../src/engine/host-tensor.ts';
import { embeddingConstants } from '../../../src/models/embedding/entity-embedding.ts';
import { episodeInputs } from '../../../src/models/episodes.ts';
import { noiseInputs } from '../../../src/models/noise-inputs.ts';
import { tanpLoss } from '../../../src/models/tanp/tanp-loss.ts';
import { gradientsOf } from '../../engine/gradients-of.ts';
import { lossOf } from '../../engine/loss-of.ts';
import { type Weights, weightsOf } from '../cmml/reference-weights.ts';
import { batchSize, encodedItems, encodedUsers, batch as ratings, schema } from '../cmml/small-cmml.ts';
import { differences, mean } from '../dcn/reference-dcn.ts';
import { clusterTargets, integratedDivergence, type Rated, ReferenceTanp } from './reference-tanp.ts';
import { catalog, smallTanp } from './small-tanp.ts';

interface Task {
  readonly user: number;
  readonly support: readonly Rated[];
  readonly query: readonly Rated[];
}

const rated = (...pairs: (readonly [item: number, label: number])[]): Rated[] =>
  pairs.map(([item, label]) => ({ item, label }));

/** The tasks of the batch. The fourth task of the batch is padding. */
const tasks: readonly Task[] = [
  { user: 0, support: rated([0, 5], [1, 2], [2, 4]), query: rated([3, 3], [1, 1]) },
  { user: 1, support: rated([3, 1]), query: rated([2, 4], [0, 5]) },
  { user: 2, support: [], query: rated([1, 2]) },
];

const { config, parameters } = smallTanp({ klWeight: 0.7, clusterWeight: 1.3 });
const noise = Array.from({ length: 4 * config.latentWidth }, (_, at) => 1.5 * Math.sin(1 + 2 * at));
const reference = new ReferenceTanp(config, catalog);
const loss = tanpLoss(config, schema);
const constants = embeddingConstants(config, encodedUsers, encodedItems);
const inputs = { ...episodeInputs(batchSize), ...noiseInputs(config.latentWidth, batchSize.tasks) };
const start = weightsOf(parameters);
const engines = ['onnx', 'wasm'] as const;

/** The paper's loss. The targets of the clustering loss are those of `targetsOf`, whatever the weights. */
function referenceLoss(weights: Weights, targetsOf: Weights): number {
  const supportOf = ({ user, support: pairs }: Task) => ({ user, pairs });
  const targets = clusterTargets(tasks.map((task) => reference.clusters(targetsOf, supportOf(task))));
  return mean(
    tasks.map((task, row) => {
      const support = supportOf(task);
      const prior = reference.latent(weights, support);
      const posterior = reference.latent(weights, { ...support, pairs: [...task.support, ...task.query] });
      const drawn = posterior.mean.map(
        (value, at) => value + (noise[row * config.latentWidth + at] as number) * (posterior.deviation[at] as number),
      );
      const errors = task.query.map(({ item, label }) => (reference.score(weights, support, item, drawn) - label) ** 2);
      const assigned = reference.clusters(weights, support);
      const clustering = (targets[row] as number[]).reduce(
        (sum, target, at) => sum + target * Math.log(target / (assigned[at] as number)),
        0,
      );
      return mean(errors) + 0.7 * integratedDivergence(posterior, prior) + 1.3 * clustering;
    }),
  );
}

/** The mean squared error of the query sets with the mean latent variables given the support sets. */
function referenceValidation(weights: Weights): number {
  return mean(
    tasks.map(({ user, support: pairs, query }) =>
      mean(query.map(({ item, label }) => (reference.score(weights, { user, pairs }, item) - label) ** 2)),
    ),
  );
}

const training: HostTensors = {
  ...ratings,
  noise: floatTensor([4, config.latentWidth], Float32Array.from(noise)),
  training: scalarTensor(1),
};
const validation: HostTensors = {
  ...ratings,
  noise: floatTensor([4, config.latentWidth], new Float32Array(4 * config.latentWidth)),
  training: scalarTensor(0),
};

describe('the TaNP loss', () => {
  test.each(engines)('on %s matches the paper, computed task by task in double precision', async (name) => {
    const engine = await openEngine(name);
    const valueOn = (batch: HostTensors) => lossOf(engine, loss, parameters, { constants, inputs, batch });
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
});
