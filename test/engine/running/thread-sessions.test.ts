import { describe, expect, test } from '@jest/globals';
import { matMul, mul, type Tensor } from '@tensorflow/tfjs-core';
import { Tensor as OrtTensor } from 'onnxruntime-node';
import type { FunctionDefinition } from '../../../src/engine/engine.ts';
import { openEngine } from '../../../src/engine/engines.ts';
import { floatTensor } from '../../../src/engine/host-tensor.ts';
import { exportOnnx } from '../../../src/engine/onnx/write-model.ts';
import { ThreadSessions } from '../../../src/engine/running/thread-sessions.ts';
import { deadlyNumber } from './thread-that-can-die.ts';

const doubling: FunctionDefinition = {
  fn: (_, { x }) => ({ doubled: mul(x as Tensor, 2) }),
  parameters: {},
  inputs: { x: { dtype: 'float32', shape: ['n'] } },
};
/** Takes a few hundred milliseconds. */
const slow: FunctionDefinition = {
  fn: (_, { x }) => {
    let power = x as Tensor;
    for (let step = 0; step < 40; step++) power = mul(matMul(power, x as Tensor), 1e-3);
    return { power };
  },
  parameters: {},
  inputs: { x: { dtype: 'float32', shape: [600, 600] } },
};

describe('a function that runs apart', () => {
  test('gives the same outputs as on the event loop, for inputs of any size', async () => {
    const engine = await openEngine('onnx');
    const [apart, local] = await Promise.all([engine.compile({ ...doubling, apart: true }), engine.compile(doubling)]);
    for (const x of [floatTensor([2], Float32Array.of(1, -3)), floatTensor([1], Float32Array.of(5))]) {
      expect(await apart.run({ x })).toEqual(await local.run({ x }));
    }
    apart.dispose();
    local.dispose();
  });

  test('leaves the event loop free while it runs', async () => {
    const engine = await openEngine('onnx');
    const compiled = await engine.compile({ ...slow, apart: true });
    const x = floatTensor([600, 600], new Float32Array(360_000).fill(0.1));
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    const start = performance.now();
    await compiled.run({ x });
    const milliseconds = performance.now() - start;
    clearInterval(timer);
    compiled.dispose();
    expect(longest).toBeLessThan(milliseconds / 2);
  });

  test('rejects runs with wrong inputs like any other function', async () => {
    const engine = await openEngine('onnx');
    const compiled = await engine.compile({ ...slow, apart: true });
    await expect(compiled.run({ x: floatTensor([2, 2], new Float32Array(4)) })).rejects.toThrow(TypeError);
    compiled.dispose();
    await expect(compiled.run({ x: floatTensor([600, 600], new Float32Array(360_000)) })).rejects.toThrow('disposed');
  });
});

describe('the thread of sessions', () => {
  const feeds = (...numbers: number[]) => ({
    x: new OrtTensor('float32', Float32Array.from(numbers), [numbers.length]),
  });

  test('starts again after it has died, opens its sessions again, and the runs that waited for it reject', async () => {
    const sessions = new ThreadSessions(new URL('./thread-that-can-die', import.meta.url));
    const session = await sessions.open(await exportOnnx(doubling), {});
    const [output] = session.outputNames as [string];
    const waiting = [session.run(feeds(deadlyNumber)), session.run(feeds(1))];
    for (const result of await Promise.allSettled(waiting)) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { message: 'The thread that runs sessions ended: no memory is left.' },
      });
    }
    expect((await session.run(feeds(4)))[output]?.data).toEqual(Float32Array.of(8));
    await session.release();
  });

  test('passes on why ONNX Runtime refuses a model', async () => {
    await expect(new ThreadSessions().open(Uint8Array.of(1, 2, 3), {})).rejects.toThrow(/model/i);
  });
});
