import { beforeAll, describe, expect, test } from '@jest/globals';
import { openEngine } from '../../../src/engine/engines.ts';
import { floatTensor, integerTensor } from '../../../src/engine/host-tensor.ts';
import { conetLoss } from '../../../src/models/conet/conet-loss.ts';
import { embeddingConstants } from '../../../src/models/embedding/entity-embedding.ts';
import { episodeInputs, pairInputs } from '../../../src/models/episodes.ts';
import { gradientsOf } from '../../engine/gradients-of.ts';
import { lossOf } from '../../engine/loss-of.ts';
import { type Weights, weightsOf } from '../cmml/reference-weights.ts';
import { encodedItems, encodedUsers, schema } from '../cmml/small-cmml.ts';
import { differences, mean } from '../dcn/reference-dcn.ts';
import { batchSize, catalog, duels, batch as episodes } from '../dcn/small-dcn.ts';
import { leadLosses, pairLosses } from '../reference-objectives.ts';
import { ReferenceConet } from './reference-conet.ts';
import { smallConet } from './small-conet.ts';

/** Pairs of the source domain. There is room for a third one. */
const sourceDuels = [
  { user: 2, positive: 1, negative: 3 },
  { user: 0, positive: 2, negative: 0 },
];
const batch = {
  ...episodes,
  sourceUsers: integerTensor([1, 6], Int32Array.of(2, 0, 1, 2, 0, 1)),
  sourceItems: integerTensor([1, 6], Int32Array.of(1, 2, 1, 3, 0, 1)),
  sourceLabels: floatTensor([1, 6], Float32Array.of(1, 1, 9, 0, 0, 9)),
  sourceMask: floatTensor([1, 6], Float32Array.of(1, 1, 0, 1, 1, 0)),
};
const inputs = { ...episodeInputs(batchSize), ...pairInputs('source', { tasks: 1, userPerPair: true }, 6) };
const engines = ['onnx', 'wasm'] as const;
const cases = [
  { objective: 'bce', sourceWeight: 0.7, sparsity: 0.3 },
  { objective: 'hinge', sourceWeight: 1, sparsity: 0 },
  { objective: 'bpr', sourceWeight: 0.5, sparsity: 0.2 },
] as const;

describe.each(cases)('the CoNet loss with $objective, sourceWeight $sourceWeight, sparsity $sparsity', (variant) => {
  const { objective, sourceWeight, sparsity } = variant;
  const { config, parameters } = smallConet(variant);
  const reference = new ReferenceConet(config, catalog);
  const loss = conetLoss(config, schema, ['support', 'query']);
  const constants = embeddingConstants(config, encodedUsers, encodedItems);

  /** Returns the mean loss of all positives and negatives of a domain by its tower. */
  function towerLoss(weights: Weights, tower: 'source' | 'target', pairs: typeof sourceDuels): number {
    return mean(
      pairs.map(({ user, positive, negative }) => {
        const score = (item: number) => reference.scores(weights, { user, item })[tower];
        if (objective !== 'bce') return leadLosses[objective](score(positive) - score(negative));
        return mean([pairLosses.bce(score(positive), 1), pairLosses.bce(score(negative), 0)]);
      }),
    );
  }

  function referenceLoss(weights: Weights): number {
    const crosses = ['cross.1.weight', 'cross.2.weight'].flatMap((name) => weights[name] as number[]);
    const size = crosses.reduce((sum, value) => sum + Math.abs(value), 0);
    const [target, source] = [towerLoss(weights, 'target', [...duels]), towerLoss(weights, 'source', sourceDuels)];
    return target + sourceWeight * source + sparsity * size;
  }

  test.each(engines)('on %s is that of both towers, computed pair by pair in double precision', async (name) => {
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
