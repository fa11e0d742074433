import { beforeAll, describe, expect, test } from '@jest/globals';
import { openEngine } from '../../../src/engine/engines.ts';
import { dcnLoss } from '../../../src/models/dcn/dcn-loss.ts';
import { embeddingConstants } from '../../../src/models/embedding/entity-embedding.ts';
import { episodeInputs } from '../../../src/models/episodes.ts';
import { objectiveKinds } from '../../../src/models/objectives.ts';
import type { TrainedSets } from '../../../src/models/pooled-loss.ts';
import { gradientsOf } from '../../engine/gradients-of.ts';
import { lossOf } from '../../engine/loss-of.ts';
import { type Weights, weightsOf } from '../cmml/reference-weights.ts';
import { encodedItems, encodedUsers, schema } from '../cmml/small-cmml.ts';
import { leadLosses, pairLosses } from '../reference-objectives.ts';
import { differences, mean, ReferenceDcn } from './reference-dcn.ts';
import { batch, batchSize, catalog, duels, smallDcn } from './small-dcn.ts';

const engines = ['onnx', 'wasm'] as const;
const both: TrainedSets = ['support', 'query'];
const cases = [
  ...objectiveKinds.map((objective) => ({ objective, sets: both, projectionWidth: null })),
  { objective: 'mse' as const, sets: both, projectionWidth: 3 },
  { objective: 'hinge' as const, sets: ['query'] as TrainedSets, projectionWidth: 3 },
];

describe.each(cases)('the DCN loss with $objective, projectionWidth $projectionWidth, on $sets', (each) => {
  const { objective, sets, projectionWidth } = each;
  const { config, parameters } = smallDcn({
    objective,
    projectionWidth,
    labels: { mean: 0.5, deviation: 1.5 },
  });
  const reference = new ReferenceDcn(config, catalog);
  const loss = dcnLoss(config, schema, sets);
  const constants = embeddingConstants(config, encodedUsers, encodedItems);
  const inputs = episodeInputs(batchSize);

  /** Returns the mean over all pairs of all tasks, or over all positives with their negatives. */
  function referenceLoss(weights: Weights): number {
    const trained = duels.filter(({ set }) => sets.includes(set));
    return mean(
      trained.map(({ user, positive, negative }) => {
        const [high, low] = [positive, negative].map((item) => reference.score(weights, { user, item })) as [
          number,
          number,
        ];
        if (objective === 'hinge' || objective === 'bpr') return leadLosses[objective](high - low);
        return mean([pairLosses[objective](high, 1), pairLosses[objective](low, 0)]);
      }),
    );
  }

  test.each(engines)('on %s matches the paper, computed pair by pair in double precision', async (name) => {
    const engine = await openEngine(name);
    const received = await lossOf(engine, loss, parameters, { constants, inputs, batch });
    expect(received).toBeCloseTo(referenceLoss(weightsOf(parameters)), 4);
  });

  describe('has the gradients of finite differences in every parameter', () => {
    let expected: Weights;
    beforeAll(() => {
      expected = differences(weightsOf(parameters), Object.keys(parameters), referenceLoss);
    });

    test.each(engines)('on %s', async (name) => {
      const engine = await openEngine(name);
      const gradients = await gradientsOf(engine, loss, parameters, { constants, inputs, batch });
      for (const [parameter, values] of Object.entries(expected)) {
        for (const [index, value] of values.entries()) {
          const gradient = gradients[parameter]?.data[index] as number;
          expect(Math.abs(gradient - value)).toBeLessThan(1e-4 * (1 + Math.abs(value)));
        }
      }
    });
  });
});
