import { describe, expect, test } from '@jest/globals';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { floatTensor } from '../../../src/engine/host-tensor.ts';
import {
  packedWidth,
  packForTasks,
  packParameters,
  unpackByTask,
  unpackParameters,
} from '../../../src/models/gradient-steps/packed-parameters.ts';
import { onEagerCpu } from '../../support/on-eager-cpu.ts';

const declarations = {
  weight: { shape: [2, 3], mean: 0, deviation: 1 },
  bias: { shape: [3], mean: 0, deviation: 0 },
};
const parameters = {
  // The order of the declarations counts.
  bias: floatTensor([3], Float32Array.of(7, 8, 9)),
  weight: floatTensor([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)),
  other: floatTensor([1], Float32Array.of(99)),
};
const packed = [1, 2, 3, 4, 5, 6, 7, 8, 9];

describe('packed parameters', () => {
  test('are the values of the declared parameters, one after the other', () => {
    expect(packedWidth(declarations)).toBe(9);
    expect([...packParameters(declarations, parameters)]).toEqual(packed);
  });

  test('are unpacked by name and shape', () => {
    const { weight, bias } = onEagerCpu((inputs) => unpackParameters(declarations, inputs.packed as Tensor1D), {
      packed: floatTensor([9], Float32Array.from(packed)),
    });
    expect(weight).toMatchObject({ shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) });
    expect(bias).toMatchObject({ shape: [3], data: Float32Array.of(7, 8, 9) });
  });

  test('are repeated for each task, and unpacked with the tasks as the first axis', () => {
    const { all, bias } = onEagerCpu((inputs) => {
      const all: Tensor2D = packForTasks(declarations, inputs, 2);
      return { all, bias: unpackByTask(declarations, all).bias! };
    }, parameters);
    expect(all).toMatchObject({ shape: [2, 9], data: Float32Array.from([...packed, ...packed]) });
    expect(bias).toMatchObject({ shape: [2, 3], data: Float32Array.of(7, 8, 9, 7, 8, 9) });
  });
});
