import { gather, matMul, mean, type Scalar, square, type Tensor, type Tensor1D, zeros } from '@tensorflow/tfjs-core';
import type { Engine, FunctionDefinition, HostTensors, TrainingDefinition } from '../../src/engine/engine.ts';
import { type GruParameters, gru } from '../../src/engine/gru.ts';
import { integerTensor } from '../../src/engine/host-tensor.ts';
import { adam } from '../../src/models/adam.ts';
import type { TrainingData } from '../../src/tasks/training-data.ts';
import { batchesOf, cmmlModels, cmmlTraining } from './cmml-workloads.ts';
import { bestOf } from './measurement.ts';
import { sineTensor } from './sine-tensor.ts';

/** Returns the milliseconds of one optimizer step on this batch. */
export async function timeTraining(
  engine: Engine,
  definition: TrainingDefinition,
  batch: HostTensors,
  runs: number,
): Promise<number> {
  const step = await engine.compileTraining(definition);
  const time = await bestOf(runs, () => step.run(batch, 1e-4));
  step.dispose();
  return time;
}

/** Returns the milliseconds of one run of a function. */
export async function timeFunction(
  engine: Engine,
  definition: FunctionDefinition,
  inputs: HostTensors,
  runs: number,
): Promise<number> {
  const compiled = await engine.compile(definition);
  const time = await bestOf(runs, () => compiled.run(inputs));
  compiled.dispose();
  return time;
}

export interface EpochTime {
  readonly users: number;
  readonly seconds: number;
  /** The share of the time, from 0 to 1, that goes into sampling and packing the batches. */
  readonly batchBuildingShare: number;
}

/** Measures one epoch of CMML-FiLM over all users. */
export async function timeEpoch(engine: Engine, data: TrainingData): Promise<EpochTime> {
  const step = await engine.compileTraining(cmmlTraining(cmmlModels['CMML-FiLM'], data));
  const building = await bestOf(3, async () => [...batchesOf(data)].length);
  const whole = await bestOf(3, async () => {
    for (const tensors of batchesOf(data)) await step.run(tensors, 3e-4);
  });
  step.dispose();
  return {
    users: data.tasks.length,
    seconds: whole / 1000,
    batchBuildingShare: building / whole,
  };
}

/** The paper's GRU encoder of scenarios: 64 positive and 64 negative pairs, each 128 numbers plus a label of 2. */
export const gruSize = { tasks: 32, steps: 128, hidden: 256 };
const gruInputWidth = 130;

/** Returns the milliseconds of one training step of a GRU. */
export function timeGru(engine: Engine): Promise<number> {
  const { tasks, steps, hidden } = gruSize;
  const definition: TrainingDefinition = {
    loss: (parameters, { pairs }) => {
      const start = zeros([tasks, hidden]);
      return mean(square(gru(parameters as unknown as GruParameters, pairs as Tensor, start))) as Scalar;
    },
    optimizer: adam(),
    parameters: {
      inputWeight: sineTensor([gruInputWidth, 3 * hidden]),
      inputBias: sineTensor([3 * hidden]),
      stateWeight: sineTensor([hidden, 3 * hidden]),
      candidateBias: sineTensor([hidden]),
    },
    constants: {},
    inputs: { pairs: { dtype: 'float32', shape: [tasks, steps, gruInputWidth] } },
  };
  return timeTraining(engine, definition, { pairs: sineTensor([tasks, steps, gruInputWidth]) }, 5);
}

const matMulSize = 1024;

/** Returns the engine's speed on one large matrix product, in GFLOP/s. Scoring cannot be faster. */
export async function matMulSpeed(engine: Engine): Promise<number> {
  const inputs = { a: sineTensor([matMulSize, matMulSize]), b: sineTensor([matMulSize, matMulSize]) };
  const fn: FunctionDefinition['fn'] = (_parameters, { a, b }) => ({ product: matMul(a!, b!) });
  const time = await timeFunction(engine, { fn, parameters: {}, inputs }, inputs, 20);
  return (2 * matMulSize ** 3) / (time * 1e6);
}

const [rows, width, gathered] = [10_000, 32, 640];

/** Returns the milliseconds of an Adam step on a table of 10,000 × 32 numbers, of which 640 rows were read. */
export function timeTable(engine: Engine, rowWise: boolean): Promise<number> {
  const definition: TrainingDefinition = {
    loss: ({ table }, { indices }) => mean(square(gather(table!, indices as Tensor1D))) as Scalar,
    optimizer: adam(),
    parameters: { table: sineTensor([rows, width]) },
    constants: {},
    inputs: { indices: { dtype: 'int32', shape: [gathered] } },
    rowWise: rowWise ? ['table'] : [],
  };
  const indices = Int32Array.from({ length: gathered }, (_, index) => (index * 7919) % rows);
  return timeTraining(engine, definition, { indices: integerTensor([gathered], indices) }, 30);
}
