import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { add, matMul, max, mean, mul, relu, type Scalar, split, sub, sum, type Tensor } from '@tensorflow/tfjs-core';
import type { Engine, FunctionDefinition, Optimizer, TrainingDefinition } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { floatTensor } from '../../src/engine/host-tensor.ts';
import { matrix, numbersOf } from '../engine/matrix.ts';
import { countingTurns } from '../support/counting-turns.ts';

const descent: Optimizer = {
  moments: ['steps'],
  update: ({ parameter, gradient, moments, step, learningRate }) => ({
    parameter: sub(parameter, mul(gradient, learningRate)),
    steps: add(mul(moments.steps as Tensor, 0), step),
  }),
};

/** Least squares `mean((x·w − y)²)`, whose gradient is `2·xᵀ(x·w − y) / n`. */
const leastSquares: TrainingDefinition = {
  loss: ({ w }, { x, y }) => {
    const error = sub(matMul(x as Tensor, w as Tensor), y as Tensor);
    return mean(mul(error, error)) as Scalar;
  },
  optimizer: descent,
  parameters: { w: matrix([[1], [2]]) },
  constants: { y: matrix([[1], [0]]) },
  inputs: { x: { dtype: 'float32', shape: [2, 2] } },
};
const x = matrix([
  [1, 1],
  [0, 2],
]);

describe.each(['onnx', 'wasm', 'cpu'] as const)('the %s engine', (name) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(name);
  });

  test('has its name and a maximum number of rows per run', () => {
    expect(engine.name).toBe(name);
    expect(engine.rowsPerRun).toBeGreaterThan(0);
  });

  test('runs a function of parameters and of inputs of any size', async () => {
    const compiled = await engine.compile({
      fn: ({ w }, { rows }) => ({ product: relu(matMul(rows as Tensor, w as Tensor)) }),
      parameters: { w: matrix([[1], [-1]]) },
      inputs: { rows: { dtype: 'float32', shape: ['n', 2] } },
    });
    expect(numbersOf(await compiled.run({ rows: matrix([[3, 1]]) }), 'product')).toEqual([2]);
    const two = await compiled.run({
      rows: matrix([
        [3, 1],
        [1, 3],
      ]),
    });
    expect(two.product).toEqual(matrix([[2], [0]]));
    compiled.dispose();
  });

  test('lets the event loop turn between simultaneous runs', async () => {
    const compiled = await engine.compile({
      fn: (_, { rows }) => ({ doubled: mul(rows as Tensor, 2) }),
      parameters: {},
      inputs: { rows: { dtype: 'float32', shape: ['n', 2] } },
    });
    const rows = matrix([[3, 1]]);
    const ends = await countingTurns((now) => Promise.all([1, 2, 3].map(() => compiled.run({ rows }).then(now))));
    expect(new Set(ends).size).toBe(3);
    compiled.dispose();
  });

  test('refuses inputs that do not fit the signature, and names them', async () => {
    const compiled = await engine.compile({
      fn: (_, inputs) => ({ total: sum(inputs.rows as Tensor) }),
      parameters: {},
      inputs: { rows: { dtype: 'float32', shape: ['n', 2] } },
    });
    await expect(compiled.run({})).rejects.toThrow(TypeError);
    await expect(compiled.run({ rows: floatTensor([2], new Float32Array(2)) })).rejects.toThrow('"rows"');
    compiled.dispose();
  });

  test('keeps its parameters if the caller changes the given array', async () => {
    const data = Float32Array.of(5);
    const compiled = await engine.compile({
      fn: ({ w }) => ({ w: w as Tensor }),
      parameters: { w: floatTensor([1], data) },
      inputs: {},
    });
    const [first] = numbersOf(await compiled.run({}), 'w');
    data[0] = 6;
    expect([first, ...numbersOf(await compiled.run({}), 'w')]).toEqual([5, 5]);
    compiled.dispose();
  });

  /** `total` adds the rows one by one, so its graph differs from size to size. */
  const rowByRow: FunctionDefinition = {
    fn: ({ start }, { rows }) => ({
      total: split(rows as Tensor, rows!.shape[0]!).reduce((total, row) => add(total, row), start as Tensor),
    }),
    parameters: { start: matrix([[1]]) },
    inputs: { rows: { dtype: 'float32', shape: ['n', 1] } },
  };
  const ones = (count: number) => matrix(Array.from({ length: count }, () => [1]));
  const sizes = Array.from({ length: 12 }, (_, index) => index + 1);

  test('runs a function at twelve sizes at once, twice, though its graph differs from size to size', async () => {
    const compiled = await engine.compile(rowByRow);
    const results = await Promise.all([...sizes, ...sizes].map((size) => compiled.run({ rows: ones(size) })));
    expect(results.map((result) => numbersOf(result, 'total')[0])).toEqual([...sizes, ...sizes].map((n) => n + 1));
    compiled.dispose();
  });

  test('finishes the runs in progress when it is disposed of, and refuses later runs', async () => {
    const compiled = await engine.compile(rowByRow);
    const running = sizes.map((size) => compiled.run({ rows: ones(size) }));
    compiled.dispose();
    compiled.dispose();
    const results = await Promise.all(running);
    expect(results.map((result) => numbersOf(result, 'total')[0])).toEqual(sizes.map((size) => size + 1));
    await expect(compiled.run({ rows: ones(1) })).rejects.toThrow(
      'Expected to use the compiled function before it is disposed of.',
    );
  });

  describe('training', () => {
    test('finishes the step in progress when it is disposed of, and refuses later steps', async () => {
      const training = await engine.compileTraining(leastSquares);
      const running = training.run({ x }, 0.1);
      training.dispose();
      expect(await running).toBeCloseTo(10, 5);
      await expect(training.run({ x }, 0.1)).rejects.toThrow('before it is disposed of');
    });

    test('returns the loss before the update, and follows the gradient', async () => {
      const training = await engine.compileTraining(leastSquares);
      // x·w = (3, 4), so the errors are (2, 4), the loss is (4 + 16)/2 and the gradient is (2, 10).
      expect(await training.run({ x }, 0.1)).toBeCloseTo(10, 5);
      const [w1, w2] = numbersOf(await training.parameters(), 'w');
      expect(w1).toBeCloseTo(0.8, 6);
      expect(w2).toBeCloseTo(1, 6);
      training.dispose();
    });

    test('counts steps from 1, and passes the optimizer its own moments', async () => {
      const stepSum: Optimizer = {
        moments: ['steps'],
        update: ({ parameter, moments, step }) => {
          const steps = add(moments.steps as Tensor, step);
          return { parameter: add(mul(parameter, 0), steps), steps };
        },
      };
      const training = await engine.compileTraining({ ...leastSquares, optimizer: stepSum });
      for (let step = 1; step <= 3; step++) await training.run({ x }, 0.1);
      expect(numbersOf(await training.parameters(), 'w')).toEqual([6, 6]);
      training.dispose();
    });

    test('returns parameters that later steps do not change', async () => {
      const training = await engine.compileTraining(leastSquares);
      const before = await training.parameters();
      await training.run({ x }, 0.1);
      expect(before.w).toEqual(leastSquares.parameters.w);
      training.dispose();
    });

    test('divides a gradient between equal extremes', async () => {
      const step = await engine.compileTraining({
        ...leastSquares,
        loss: ({ w }) => max(w as Tensor) as Scalar,
        parameters: { w: matrix([[2], [1], [2]]) },
      });
      await step.run({ x }, 1);
      expect(numbersOf(await step.parameters(), 'w')).toEqual([1.5, 1, 1.5]);
      step.dispose();
    });

    test('returns the same parameters every time', async () => {
      const results = [];
      for (let run = 0; run < 2; run++) {
        const training = await engine.compileTraining(leastSquares);
        for (let step = 0; step < 5; step++) await training.run({ x }, 0.05);
        results.push(await training.parameters());
        training.dispose();
      }
      expect(results[0]).toEqual(results[1]);
    });
  });
});

describe('several engines in one process', () => {
  const engines: Engine[] = [];
  beforeAll(async () => {
    engines.push(await openEngine('onnx'), await openEngine('wasm'), await openEngine('cpu'));
  });
  afterAll(() => {
    engines.length = 0;
  });

  test('train at the same time with the same losses', async () => {
    const trainings = await Promise.all(engines.map((engine) => engine.compileTraining(leastSquares)));
    for (let step = 0; step < 10; step++) {
      const losses = await Promise.all(trainings.map((training) => training.run({ x }, 0.05)));
      for (const loss of losses) expect(loss).toBeCloseTo(losses[0]!, 5);
    }
    for (const training of trainings) training.dispose();
  });
});
