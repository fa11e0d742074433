import { describe, expect, test } from '@jest/globals';
import { add, memory, mul, type Scalar, square, sub, sum, type Tensor } from '@tensorflow/tfjs-core';
import type { Engine, EngineName, Optimizer } from '../../../src/engine/engine.ts';
import { openEngine } from '../../../src/engine/engines.ts';
import { matrix } from '../matrix.ts';

const input = matrix([[1, 2, 3]]);
const inputs = { x: { dtype: 'float32', shape: [1, 3] } } as const;
const momentum: Optimizer = {
  moments: ['velocity'],
  update: ({ parameter, gradient, moments, learningRate }) => {
    const velocity = add(mul(moments.velocity as Tensor, 0.9), gradient);
    return { parameter: sub(parameter, mul(velocity, learningRate)), velocity };
  },
};
const definition = {
  loss: ({ w }: Record<string, Tensor>, { x }: Record<string, Tensor>) =>
    sum(square(sub(w as Tensor, x as Tensor))) as Scalar,
  optimizer: momentum,
  parameters: { w: matrix([[0, 0, 0]]) },
  constants: {},
  inputs,
};

async function tensorsLeftBy(name: EngineName, work: (engine: Engine) => Promise<void>): Promise<number> {
  const engine = await openEngine(name);
  const before = memory().numTensors;
  await work(engine);
  return memory().numTensors - before;
}

describe.each(['wasm', 'cpu'] as const)('the eager engine on %s', (name) => {
  test('leaves no tensors behind after a hundred runs', async () => {
    const left = await tensorsLeftBy(name, async (engine) => {
      const compiled = await engine.compile({
        fn: ({ w }, { x }) => ({ y: mul(add(x as Tensor, w as Tensor), 2) }),
        parameters: { w: input },
        inputs,
      });
      for (let run = 0; run < 100; run++) await compiled.run({ x: input });
      compiled.dispose();
    });
    expect(left).toBe(0);
  });

  test('holds as many tensors after a hundred training steps as after one', async () => {
    const left = await tensorsLeftBy(name, async (engine) => {
      const training = await engine.compileTraining(definition);
      await training.run({ x: input }, 0.1);
      const afterOne = memory().numTensors;
      for (let step = 0; step < 99; step++) await training.run({ x: input }, 0.1);
      expect(memory().numTensors).toBe(afterOne);
      training.dispose();
    });
    expect(left).toBe(0);
  });

  test('leaves no tensors behind if the function throws, and runs again', async () => {
    const left = await tensorsLeftBy(name, async (engine) => {
      let failing = true;
      const compiled = await engine.compile({
        fn: (_, { x }) => {
          const doubled = mul(x as Tensor, 2);
          if (failing) throw new Error('as planned');
          return { doubled };
        },
        parameters: {},
        inputs,
      });
      await expect(compiled.run({ x: input })).rejects.toThrow('as planned');
      failing = false;
      expect((await compiled.run({ x: input })).doubled).toEqual(matrix([[2, 4, 6]]));
      compiled.dispose();
    });
    expect(left).toBe(0);
  });

  test('keeps its parameters if a training step throws', async () => {
    const left = await tensorsLeftBy(name, async (engine) => {
      const optimizer: Optimizer = {
        moments: [],
        update: () => {
          throw new Error('as planned');
        },
      };
      const training = await engine.compileTraining({ ...definition, optimizer });
      await expect(training.run({ x: input }, 0.1)).rejects.toThrow('as planned');
      expect((await training.parameters()).w).toEqual(definition.parameters.w);
      training.dispose();
    });
    expect(left).toBe(0);
  });

  test('accepts an optimizer that returns the given parameter', async () => {
    const left = await tensorsLeftBy(name, async (engine) => {
      const optimizer: Optimizer = { moments: [], update: ({ parameter }) => ({ parameter }) };
      const training = await engine.compileTraining({ ...definition, optimizer });
      for (let step = 0; step < 2; step++) await training.run({ x: input }, 0.1);
      expect((await training.parameters()).w).toEqual(definition.parameters.w);
      training.dispose();
    });
    expect(left).toBe(0);
  });
});
