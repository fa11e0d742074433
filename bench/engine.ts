import {
  gather,
  matMul,
  mean,
  type Scalar,
  square,
  type Tensor,
  type Tensor1D,
  zeros,
} from '@tensorflow/tfjs-core';
import type {
  Engine,
  EngineName,
  FunctionDefinition,
  HostTensors,
  TrainingDefinition,
} from '../src/engine/engine.ts';
import { openEngine } from '../src/engine/engines.ts';
import { type GruParameters, gru } from '../src/engine/gru.ts';
import { floatTensor, integerTensor, scalarTensor } from '../src/engine/host-tensor.ts';
import { cmmlBatch, cmmlConstants } from '../src/models/cmml/cmml-batch.ts';
import { parseCmmlConfig } from '../src/models/cmml/cmml-config.ts';
import { scoreFunction } from '../src/models/cmml/cmml-functions.ts';
import { cmmlLoss } from '../src/models/cmml/cmml-loss.ts';
import { declareCmml } from '../src/models/cmml/cmml-network.ts';
import { initialise } from '../src/models/parameter-declarations.ts';
import { allocateBatch } from '../src/tasks/episode-batch.ts';
import { randomSource, shuffle } from '../src/tasks/random.ts';
import { sampleEpoch } from '../src/tasks/sample-epoch.ts';
import type { TrainingData } from '../src/tasks/training-data.ts';
import { adam } from '../src/training/adam.ts';
import { batchTensors } from '../src/training/batch-tensors.ts';
import { bestOf, type Measurement, printTable } from './support/measurement.ts';
import { movieLensTasks } from './support/movielens-tasks.ts';
import { syntheticTasks } from './support/synthetic-tasks.ts';

const size = { tasks: 32, support: 90, query: 10 };
const episodes = {
  historyLimit: 100,
  queryPairs: 10,
  minimumPairs: 13,
  shortSupportShare: 0,
  shortSupportPairs: 0,
};
const candidates = 1000;
const config = parseCmmlConfig({ labels: { mean: 3.5, deviation: 1 } });

/** How often each engine's runs are repeated: the slower ones vary less. */
const repeats: Partial<Record<EngineName, number>> = { onnx: 30, wasm: 5, cpu: 1 };
const variants = [
  { name: 'onnx', threads: 1 },
  { name: 'onnx', threads: 2 },
  { name: 'wasm', threads: 1 },
  { name: 'cpu', threads: 1 },
] as const;

/** Prints a table of what each engine takes for CMML-FiLM and a GRU at the paper's sizes, and gives its rows. */
export async function benchEngine(): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for await (const measurement of measure()) measurements.push(measurement);
  process.stdout.write(printTable(measurements));
  return measurements;
}

async function* measure(): AsyncGenerator<Measurement> {
  const real = await movieLensTasks();
  const data = real ?? syntheticTasks();
  const training = trainingOf(data);
  const [batch] = [...batchesOf(data)].slice(0, 1).map((tensors) => copied(tensors));
  const scoring = scoringOf(data);
  const times: Record<string, number> = {};
  for (const { name, threads } of variants) {
    const how = `${name}, ${threads} thread${threads > 1 ? 's' : ''}`;
    const engine = await openEngine(name, { threads });
    const runs = repeats[name]!;
    const peak = name === 'onnx' ? await matMulSpeed(engine) : null;
    if (peak !== null) yield { what: 'MatMul 1024 x 1024 x 1024', how, value: peak, unit: 'GFLOP/s' };
    // tfjs's cpu backend compares every row of a gather's gradient with every row of the table: minutes a step.
    if (name !== 'cpu') {
      const step = await timeTraining(engine, training, batch!, runs);
      times[`step ${how}`] = step;
      yield { what: 'CMML-FiLM training step, 32 tasks x (90 + 10)', how, value: step, unit: 'ms' };
    }
    const score = await timeFunction(engine, scoring.definition, scoring.inputs, runs);
    times[`score ${how}`] = score;
    yield { what: `CMML-FiLM scoring of ${candidates} candidates`, how, value: score, unit: 'ms' };
    if (peak !== null) {
      const share = (100 * scoring.operations) / (score * 1e6) / peak;
      yield { what: 'scoring, share of the MatMul speed', how, value: share, unit: '%', target: 50 };
      yield {
        what: 'GRU training step, 32 tasks x 128 steps',
        how,
        value: await timeGru(engine),
        unit: 'ms',
        target: 350,
      };
    }
    if (name === 'onnx' && threads === 1) {
      for (const rowWise of [false, true]) {
        const what = `Adam on a 10,000 x 32 table, 640 rows gathered, ${rowWise ? 'row-wise' : 'dense'}`;
        yield { what, how, value: await timeTable(engine, rowWise), unit: 'ms' };
      }
    }
    if (name === 'onnx' && real !== null)
      yield* epoch(engine, training, data, how, threads === 1 ? 1500 : undefined);
  }
  for (const [what, target] of [
    ['step', 20],
    ['score', 8],
  ] as const) {
    for (const threads of ['1 thread', '2 threads']) {
      const value = times[`${what} wasm, 1 thread`]! / times[`${what} onnx, ${threads}`]!;
      yield { what: `${what}: wasm / onnx`, how: `${threads} against 1`, value, unit: 'x', target };
    }
  }
}

async function* epoch(
  engine: Engine,
  definition: TrainingDefinition,
  data: TrainingData,
  how: string,
  target: number | undefined,
): AsyncGenerator<Measurement> {
  const step = await engine.compileTraining(definition);
  const packing = await bestOf(3, async () => [...batchesOf(data)].length);
  const whole = await bestOf(3, async () => {
    for (const tensors of batchesOf(data)) await step.run(tensors, 3e-4);
  });
  step.dispose();
  const what = `an epoch of ${data.histories.length} users`;
  yield { what, how, value: whole, unit: 'ms', ...(target === undefined ? {} : { target }) };
  yield {
    what: `${what}: sampling and packing`,
    how,
    value: (100 * packing) / whole,
    unit: '%',
  };
}

function* batchesOf(data: TrainingData): Generator<HostTensors> {
  const random = randomSource(1);
  const order = Int32Array.from(data.histories.keys());
  shuffle(order, random);
  const batch = allocateBatch(size);
  const tensors = batchTensors(batch);
  for (const _ of sampleEpoch(batch, data, order, episodes, random)) yield tensors;
}

function trainingOf({ schema, users, items }: TrainingData): TrainingDefinition {
  return {
    loss: cmmlLoss(config, schema),
    optimiser: adam(),
    parameters: initialise(declareCmml(config, schema), 1),
    constants: cmmlConstants(users, items),
    inputs: cmmlBatch(size),
  };
}

function scoringOf({ schema }: TrainingData): {
  definition: FunctionDefinition;
  inputs: HostTensors;
  operations: number;
} {
  const { fn, inputs } = scoreFunction(config, schema);
  const parameters = initialise(declareCmml(config, schema), 1);
  const drawn = Object.entries(inputs).map(([name, { shape }]) => {
    const sizes = shape.map((dimension) => (typeof dimension === 'number' ? dimension : candidates));
    return [name, numbers(sizes)] as const;
  });
  const given = { ...Object.fromEntries(drawn), count: scalarTensor(50) };
  // What each candidate needs: the item's half of the first layers, and the layers after them.
  const perItem = Object.entries(parameters)
    .filter(([name]) => /^(hyper|backbone|output|film).*weight$/.test(name))
    .map(([name, { data }]) => (/^(hyper|backbone)\.1\./.test(name) ? data.length / 2 : data.length))
    .reduce((sum, weights) => sum + weights, 0);
  return { definition: { fn, parameters, inputs }, inputs: given, operations: 2 * perItem * candidates };
}

async function matMulSpeed(engine: Engine): Promise<number> {
  const square1024 = { a: numbers([1024, 1024]), b: numbers([1024, 1024]) };
  const fn: FunctionDefinition['fn'] = (_parameters, { a, b }) => ({ product: matMul(a!, b!) });
  const time = await timeFunction(engine, { fn, parameters: {}, inputs: square1024 }, square1024, 10);
  return (2 * 1024 ** 3) / (time * 1e6);
}

async function timeGru(engine: Engine): Promise<number> {
  const [tasks, steps, width, hidden] = [32, 128, 130, 256];
  const definition: TrainingDefinition = {
    loss: (parameters, { pairs }) =>
      mean(
        square(gru(parameters as unknown as GruParameters, pairs as Tensor, zeros([tasks, hidden]))),
      ) as Scalar,
    optimiser: adam(),
    parameters: {
      inputWeight: numbers([width, 3 * hidden]),
      inputBias: numbers([3 * hidden]),
      stateWeight: numbers([hidden, 3 * hidden]),
      candidateBias: numbers([hidden]),
    },
    constants: {},
    inputs: { pairs: { dtype: 'float32', shape: [tasks, steps, width] } },
  };
  return timeTraining(engine, definition, { pairs: numbers([tasks, steps, width]) }, 5);
}

async function timeTable(engine: Engine, rowWise: boolean): Promise<number> {
  const [rows, width, gathered] = [10_000, 32, 640];
  const definition: TrainingDefinition = {
    loss: ({ table }, { indices }) => mean(square(gather(table!, indices as Tensor1D))) as Scalar,
    optimiser: adam(),
    parameters: { table: numbers([rows, width]) },
    constants: {},
    inputs: { indices: { dtype: 'int32', shape: [gathered] } },
    rowWise: rowWise ? ['table'] : [],
  };
  const indices = Int32Array.from({ length: gathered }, (_, index) => (index * 7919) % rows);
  return timeTraining(engine, definition, { indices: integerTensor([gathered], indices) }, 30);
}

async function timeTraining(
  engine: Engine,
  definition: TrainingDefinition,
  batch: HostTensors,
  runs: number,
) {
  const step = await engine.compileTraining(definition);
  const time = await bestOf(runs, () => step.run(batch, 1e-4));
  step.dispose();
  return time;
}

async function timeFunction(
  engine: Engine,
  definition: FunctionDefinition,
  inputs: HostTensors,
  runs: number,
) {
  const compiled = await engine.compile(definition);
  const time = await bestOf(runs, () => compiled.run(inputs));
  compiled.dispose();
  return time;
}

function numbers(shape: readonly number[]) {
  const length = shape.reduce((product, size) => product * size, 1);
  return floatTensor(
    shape,
    Float32Array.from({ length }, (_, index) => Math.sin(index * 1.3) * 0.05),
  );
}

function copied(tensors: HostTensors): HostTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]),
  );
}
