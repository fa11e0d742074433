import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainingDefinition } from '../../../src/engine/engine.ts';
import { adam } from '../../../src/models/adam.ts';
import { matrix } from '../../engine/matrix.ts';
import { availableEngines } from '../../support/available-engines.ts';
import { expectClose } from '../../support/compare-tensors.ts';

const table = matrix([
  [1, 2],
  [3, 4],
  [5, 6],
  [7, 8],
  [9, 10],
]);
/** Two gathers of one table. Rows repeat within the first gather and between both. */
const definition: TrainingDefinition = {
  loss: ({ table: rows }, { a, b }) =>
    tf.add(
      tf.sum(tf.square(tf.gather(rows!, a as tf.Tensor1D))),
      tf.sum(tf.gather(rows!, b as tf.Tensor1D)),
    ) as tf.Scalar,
  optimizer: adam({ weightDecay: 0.1 }),
  parameters: { table },
  constants: {},
  inputs: { a: { dtype: 'int32', shape: [3] }, b: { dtype: 'int32', shape: [2] } },
  rowWise: ['table'],
};
const rowsOf = (...rows: number[]) => ({ dtype: 'int32', shape: [rows.length], data: Int32Array.from(rows) }) as const;
const cpu = availableEngines.find(({ name }) => name === 'cpu')!.engine;

async function trained(engine: typeof cpu, change: Partial<TrainingDefinition>, steps: number) {
  const training = await engine.compileTraining({ ...definition, ...change });
  for (let step = 0; step < steps; step++) {
    await training.run({ a: rowsOf(0, step % 2, 0), b: rowsOf(0, 3) }, 0.1);
  }
  const parameters = await training.parameters();
  training.dispose();
  return parameters;
}

describe.each(availableEngines)('a row-wise update on engine $name', ({ engine }) => {
  test('neither changes nor decays rows that no step gathers', async () => {
    const { table: after } = await trained(engine, {}, 3);
    for (const row of [2, 4])
      expect([...after!.data.slice(2 * row, 2 * row + 2)]).toEqual([...table.data.slice(2 * row, 2 * row + 2)]);
    expect(after!.data[0]).not.toBe(table.data[0]);
  });

  test('equals a dense update of the gathered rows in the first step', async () => {
    const [lazy, dense] = [await trained(engine, {}, 1), await trained(cpu, { rowWise: [] }, 1)];
    for (const row of [0, 3]) {
      const part = (data: ArrayLike<number>) => Float32Array.from(Array.from(data).slice(2 * row, 2 * row + 2));
      const shape = [2];
      expectClose(
        { row: { dtype: 'float32', shape, data: part(lazy.table!.data) } },
        { row: { dtype: 'float32', shape, data: part(dense.table!.data) } },
        1e-6,
      );
    }
  });

  test('equals eager cpu over many steps', async () => {
    expectClose(await trained(engine, {}, 20), await trained(cpu, {}, 20), 1e-4);
  });
});
