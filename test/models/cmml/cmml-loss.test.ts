import { beforeAll, describe, expect, test } from '@jest/globals';
import type { EngineName, HostTensors } from '../../../src/engine/engine.ts';
import { openEngine } from '../../../src/engine/engines.ts';
import { floatTensor, integerTensor } from '../../../src/engine/host-tensor.ts';
import { cmmlLoss } from '../../../src/models/cmml/cmml-loss.ts';
import { embeddingConstants } from '../../../src/models/embedding/entity-embedding.ts';
import { episodeInputs } from '../../../src/models/episodes.ts';
import { type ObjectiveKind, objectives } from '../../../src/models/objectives.ts';
import { gradientsOf } from '../../engine/gradients-of.ts';
import { leadLosses, pairLosses } from '../reference-objectives.ts';
import { ReferenceCmml } from './reference-cmml.ts';
import { type Weights, weightsOf } from './reference-weights.ts';
import { batchSize, encodedItems, encodedUsers, batch as ratings, schema, smallModel } from './small-cmml.ts';
import { describeVariant, variants } from './variants.ts';

const constants = embeddingConstants(smallModel({}).config, encodedUsers, encodedItems);

interface Task {
  readonly user: number;
  /** Items and ratings. */
  readonly support: readonly (readonly [number, number])[];
  readonly query: readonly (readonly [number, number])[];
  readonly negative?: number;
}

/** The tasks of the batch without padding. `negative` is the padding item that is the negative of a lone positive. */
const tasks: readonly Task[] = [
  {
    user: 0,
    support: [
      [0, 5],
      [1, 2],
      [2, 4],
    ],
    query: [
      [3, 3],
      [1, 1],
    ],
  },
  {
    user: 1,
    support: [[3, 1]],
    query: [
      [2, 4],
      [0, 5],
    ],
  },
  { user: 2, support: [], query: [[1, 2]], negative: 0 },
];

/** The loss of a task from the scores and labels of its places. In a pair, the second place is the negative. */
const referenceObjectives: Record<ObjectiveKind, (scores: number[], labels: readonly number[]) => number> = {
  mse: (scores, labels) => mean(scores.map((score, place) => pairLosses.mse(score, labels[place] as number))),
  bce: (scores, labels) => mean(scores.map((score, place) => pairLosses.bce(score, labels[place] as number))),
  hinge: ([positive, negative]) => leadLosses.hinge((positive as number) - (negative as number)),
  bpr: ([positive, negative]) => leadLosses.bpr((positive as number) - (negative as number)),
};

const engines = ['onnx', 'cpu', 'wasm'] as const;
const cases = variants.map((variant) => [describeVariant(variant), variant] as const);

describe.each(cases)('the CMML loss with %s', (_, variant) => {
  const { pairwise, standardizesLabels } = objectives[variant.objective];
  const { config, parameters } = smallModel({
    ...variant,
    ...(standardizesLabels ? {} : { labels: { mean: 0, deviation: 1 } }),
  });
  const batch = standardizesLabels ? ratings : clicksOf(ratings);
  const reference = new ReferenceCmml(config, schema, encodedUsers, encodedItems);
  const loss = cmmlLoss(config, schema);

  test.each(engines)('on %s matches the paper, computed pair by pair in double precision', async (name) => {
    const weights = weightsOf(parameters);
    const expected = referenceLoss(weights, weights);
    expect(await lossOf(name, batchSize, batch)).toBeCloseTo(expected, 4);
  });

  describe('has the gradients of finite differences in every parameter', () => {
    let differences: Weights;
    beforeAll(() => {
      const frozen = weightsOf(parameters);
      const lossAt = (parameter: string, index: number, value: number) =>
        referenceLoss({ ...frozen, [parameter]: (frozen[parameter] as number[]).with(index, value) }, frozen);
      differences = Object.fromEntries(
        Object.entries(frozen).map(([parameter, values]) => [
          parameter,
          values.map(
            (value, index) => (lossAt(parameter, index, value + 1e-5) - lossAt(parameter, index, value - 1e-5)) / 2e-5,
          ),
        ]),
      );
    });

    test.each(engines)('on %s', async (name) => {
      const inputs = episodeInputs(batchSize);
      const engine = await openEngine(name);
      const gradients = await gradientsOf(engine, loss, parameters, { constants, inputs, batch });
      for (const [parameter, expected] of Object.entries(differences)) {
        for (const [index, difference] of expected.entries()) {
          const gradient = gradients[parameter]?.data[index] as number;
          expect(Math.abs(gradient - difference)).toBeLessThan(1e-4 * (1 + Math.abs(difference)));
        }
      }
    });
  });

  test.each(engines)('on %s does not depend on the values or the amount of padding', async (name) => {
    const { support, query } = batchSize;
    const users = integerTensor([6], Int32Array.of(0, 1, 2, 0, 1, 2));
    const padded: HostTensors = { supportUsers: users, queryUsers: users };
    const larger = Object.entries(batch).filter(([input]) => !input.endsWith('Users'));
    for (const [input, { data }] of larger) {
      const [from, to] = input.startsWith('support') ? [support, 5] : [query, 4];
      const halves = pairwise && input.startsWith('query');
      const filler = input.endsWith('Mask') ? 0 : 3;
      const numbers = Array.from({ length: 6 * to }, (_, index) => {
        const task = Math.floor(index / to);
        const place = placeBefore(index % to, halves ? [from / 2, to / 2] : [from, to]);
        return task < 4 && place !== undefined ? (data[task * from + place] as number) : filler;
      });
      Object.assign(padded, {
        [input]: input.endsWith('Items')
          ? integerTensor([6, to], Int32Array.from(numbers))
          : floatTensor([6, to], Float32Array.from(numbers)),
      });
    }
    const before = await lossOf(name, batchSize, batch);
    expect(await lossOf(name, { tasks: 6, support: 5, query: 4, userPerPair: false }, padded)).toBeCloseTo(before, 5);
  });

  /** Returns the mean of the tasks' losses. */
  function referenceLoss(weights: Weights, frozen: Weights): number {
    const label = (rating: number) => (standardizesLabels ? rating : clickOf(rating));
    const losses = tasks.map(({ user, support, query, negative }) => {
      const pairs = support.map(([item, rating]) => ({ user, item, label: label(rating) }));
      const places = pairwise && negative !== undefined ? [...query, [negative, 0] as const] : query;
      const scores = places.map(([item]) => reference.score(weights, { user, item }, pairs, frozen));
      return referenceObjectives[variant.objective](
        scores,
        places.map(([, rating]) => label(rating)),
      );
    });
    return mean(losses);
  }

  async function lossOf(name: EngineName, size: typeof batchSize, inputs: HostTensors): Promise<number> {
    const engine = await openEngine(name);
    const compiled = await engine.compile({
      fn: (all, given) => ({ loss: loss(all, { ...all, ...given }) }),
      parameters: { ...parameters, ...constants },
      inputs: episodeInputs(size),
    });
    const output = await compiled.run(inputs);
    compiled.dispose();
    return output.loss?.data[0] as number;
  }
});

/** Returns the original index of a place in a widened set. If the set has halves, each half is widened on its own. */
function placeBefore(place: number, [from, to]: readonly [number, number]): number | undefined {
  const [half, within] = [Math.floor(place / to), place % to];
  return within < from ? half * from + within : undefined;
}

/** The batch with labels of 0 and 1. */
function clicksOf(batch: HostTensors): HostTensors {
  const clicks = Object.entries(batch).map(([input, { shape, data }]) =>
    input.endsWith('Labels') ? [input, floatTensor(shape, Float32Array.from(data, clickOf))] : [input, batch[input]],
  );
  return Object.fromEntries(clicks);
}

function clickOf(rating: number): number {
  return rating > 3 ? 1 : 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
