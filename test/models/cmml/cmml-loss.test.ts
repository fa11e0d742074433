import { describe, expect, test } from '@jest/globals';
import type { EngineName, HostTensors } from '../../../src/engine/engine.ts';
import { openEngine } from '../../../src/engine/engines.ts';
import { floatTensor, integerTensor } from '../../../src/engine/host-tensor.ts';
import { cmmlBatch } from '../../../src/models/cmml/cmml-batch.ts';
import { modulationKinds } from '../../../src/models/cmml/cmml-config.ts';
import { cmmlLoss } from '../../../src/models/cmml/cmml-loss.ts';
import { embeddingConstants } from '../../../src/models/embedding/entity-embedding.ts';
import { gradientsOf } from '../../engine/gradients-of.ts';
import { ReferenceCmml } from './reference-cmml.ts';
import { type Weights, weightsOf } from './reference-weights.ts';
import { batch, batchSize, encodedItems, encodedUsers, schema, smallModel } from './small-cmml.ts';

/** The tasks of `batch`, without padding. */
const tasks = [
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
  { user: 2, support: [], query: [[1, 2]] },
] as const;

const cases = modulationKinds.flatMap((modulation) =>
  (['onnx', 'cpu', 'wasm'] as const).map((name) => [modulation, name] as const),
);

describe.each(cases)('the CMML loss with %s on %s', (modulation, name) => {
  const { config, parameters } = smallModel(modulation);
  const reference = new ReferenceCmml(config, schema, encodedUsers, encodedItems);
  const loss = cmmlLoss(config, schema);
  const constants = embeddingConstants(config, encodedUsers, encodedItems);

  test('is that of the paper, computed pair by pair in double precision', async () => {
    const weights = weightsOf(parameters);
    const expected = referenceLoss(weights, weights);
    expect(await lossOf(name, batchSize, batch)).toBeCloseTo(expected, 4);
  });

  test('has the gradients that finite differences give, in every parameter', async () => {
    const engine = await openEngine(name);
    const inputs = cmmlBatch(batchSize);
    const gradients = await gradientsOf(engine, loss, parameters, { constants, inputs, batch });
    const frozen = weightsOf(parameters);
    for (const [parameter, values] of Object.entries(frozen)) {
      for (const [index, value] of values.entries()) {
        const lossAt = (shifted: number) =>
          referenceLoss({ ...frozen, [parameter]: values.with(index, shifted) }, frozen);
        const difference = (lossAt(value + 1e-5) - lossAt(value - 1e-5)) / 2e-5;
        const gradient = gradients[parameter]?.data[index] as number;
        expect(Math.abs(gradient - difference)).toBeLessThan(1e-4 * (1 + Math.abs(difference)));
      }
    }
  });

  test('does not depend on what padding holds, nor on how much of it there is', async () => {
    const widened = (rows: Int32Array | Float32Array, from: number, to: number, filler: number) =>
      Array.from({ length: 6 * to }, (_, index) => {
        const [task, pair] = [Math.floor(index / to), index % to];
        return task < 4 && pair < from ? (rows[task * from + pair] as number) : filler;
      });
    const { support, query } = batchSize;
    const users = integerTensor([6], Int32Array.of(0, 1, 2, 0, 1, 2));
    const padded: HostTensors = { supportUsers: users, queryUsers: users };
    const larger = Object.entries(batch).filter(([input]) => !input.endsWith('Users'));
    for (const [input, { data }] of larger) {
      const [from, to] = input.startsWith('support') ? [support, 5] : [query, 4];
      const filler = input.endsWith('Mask') ? 0 : 3;
      const numbers = widened(data, from, to, filler);
      Object.assign(padded, {
        [input]: input.endsWith('Items')
          ? integerTensor([6, to], Int32Array.from(numbers))
          : floatTensor([6, to], Float32Array.from(numbers)),
      });
    }
    const before = await lossOf(name, batchSize, batch);
    expect(await lossOf(name, { tasks: 6, support: 5, query: 4, userPerPair: false }, padded)).toBeCloseTo(
      before,
      5,
    );
  });

  /** The mean over tasks of the mean squared error over their query pairs. */
  function referenceLoss(weights: Weights, frozen: Weights): number {
    const losses = tasks.map(({ user, support, query }) => {
      const pairs = support.map(([item, label]) => ({ user, item, label }));
      const errors = query.map(
        ([item, label]) => reference.score(weights, { user, item }, pairs, frozen) - label,
      );
      return errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length;
    });
    return losses.reduce((sum, value) => sum + value, 0) / losses.length;
  }

  async function lossOf(name: EngineName, size: typeof batchSize, inputs: HostTensors): Promise<number> {
    const engine = await openEngine(name);
    const compiled = await engine.compile({
      fn: (all, given) => ({ loss: loss(all, { ...all, ...given }) }),
      parameters: { ...parameters, ...constants },
      inputs: cmmlBatch(size),
    });
    const output = await compiled.run(inputs);
    compiled.dispose();
    return output.loss?.data[0] as number;
  }
});
