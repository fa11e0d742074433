import { describe, expect, test } from '@jest/globals';
import { matMul, relu, type Tensor, type Tensor1D, unsortedSegmentSum } from '@tensorflow/tfjs-core';
import { WarmstartError } from '../../src/common/errors.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { matrix, numbersOf } from './matrix.ts';

describe('openEngine', () => {
  test.each(['node', 'node-gpu'] as const)('says how to install %s if it is missing', async (name) => {
    const error = await openEngine(name).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WarmstartError);
    expect(error).toMatchObject({
      code: 'ENGINE_NOT_AVAILABLE',
      message: expect.stringContaining(`npm install @tensorflow/tfjs-${name}@4.22`),
      cause: expect.anything(),
    });
  });

  test('adds no listeners for uncaught exceptions', async () => {
    const listeners = () => [...process.listeners('uncaughtException'), ...process.listeners('unhandledRejection')];
    const before = listeners();
    await openEngine('wasm');
    expect(listeners()).toEqual(before);
  });

  test('selects onnx as the auto engine if no GPU package is installed', async () => {
    expect((await openEngine('auto')).name).toBe('onnx');
  });

  test('falls back to the CPU if an execution provider does not start, and logs why', async () => {
    const logged: string[] = [];
    const engine = await openEngine('onnx', { provider: 'cuda', log: (message) => logged.push(message) });
    const x = matrix([[1, -2]]);
    const compiled = await engine.compile({
      fn: (_parameters, given) => ({ y: relu(given.x as Tensor) }),
      parameters: {},
      inputs: { x },
    });
    expect(numbersOf(await compiled.run({ x }), 'y')).toEqual([1, 0]);
    expect(logged).toEqual([
      expect.stringMatching(/^execution provider "cuda" is not available, falling back to "cpu": ./),
    ]);
    compiled.dispose();
  });

  test('returns the same results on two threads as on one', async () => {
    const x = matrix(
      Array.from({ length: 64 }, (_, row) => Array.from({ length: 64 }, (_, column) => Math.sin(row * column))),
    );
    const rows = {
      dtype: 'int32',
      shape: [64],
      data: Int32Array.from({ length: 64 }, (_, row) => row % 3),
    } as const;
    const results = await Promise.all(
      [1, 2].map(async (threads) => {
        const engine = await openEngine('onnx', { threads });
        const compiled = await engine.compile({
          // Updates of the same row must add up, whichever thread comes first.
          fn: (_parameters, given) => ({
            y: unsortedSegmentSum(matMul(given.x!, given.x!), given.rows as Tensor1D, 3),
          }),
          parameters: {},
          inputs: { x, rows },
        });
        return numbersOf(await compiled.run({ x, rows }), 'y');
      }),
    );
    results[0]!.forEach((value, index) => {
      expect(value).toBeCloseTo(results[1]![index]!, 3);
    });
  });
});
