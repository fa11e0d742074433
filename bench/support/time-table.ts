import { gather, mean, type Scalar, square, type Tensor1D } from '@tensorflow/tfjs-core';
import type { Engine, TrainingDefinition } from '../../src/engine/engine.ts';
import { integerTensor } from '../../src/engine/host-tensor.ts';
import { adam } from '../../src/models/adam.ts';
import { madeUpNumbers } from './made-up-numbers.ts';
import { timeTraining } from './time-definition.ts';

const [rows, width, gathered] = [10_000, 32, 640];

/** Milliseconds of an Adam step on a table of 10,000 × 32 numbers of which 640 rows were read. */
export function timeTable(engine: Engine, rowWise: boolean): Promise<number> {
  const definition: TrainingDefinition = {
    loss: ({ table }, { indices }) => mean(square(gather(table!, indices as Tensor1D))) as Scalar,
    optimiser: adam(),
    parameters: { table: madeUpNumbers([rows, width]) },
    constants: {},
    inputs: { indices: { dtype: 'int32', shape: [gathered] } },
    rowWise: rowWise ? ['table'] : [],
  };
  const indices = Int32Array.from({ length: gathered }, (_, index) => (index * 7919) % rows);
  return timeTraining(engine, definition, { indices: integerTensor([gathered], indices) }, 30);
}
