import { describe, expect, test } from '@jest/globals';
import { floatTensor } from '../../src/engine/host-tensor.ts';
import { randomSource } from '../../src/tasks/random.ts';
import type { BatchSource } from '../../src/training/batch-source.ts';
import { noiseBatches, standardNormal, uniform } from '../../src/training/noise-batches.ts';

const tasks = 100;

/** Two batches in which nothing changes. */
const twice: BatchSource = {
  inputs: { supportMask: { dtype: 'float32', shape: [tasks, 2] } },
  tensors: { supportMask: floatTensor([tasks, 2], new Float32Array(2 * tasks)) },
  *epoch() {
    yield 7;
    yield 5;
  },
};

/** The noise of each batch of an epoch. */
function noiseOf(seed: number, purpose: 'training' | 'validation' = 'training'): number[][] {
  const { epoch, tensors } = noiseBatches(50, standardNormal, twice, purpose);
  return Array.from(epoch(Int32Array.of(0), randomSource(seed)), () => [...(tensors.noise?.data ?? [])]);
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('noiseBatches', () => {
  test('gives each batch of training new standard normal numbers, which the seed determines', () => {
    const [first, second] = noiseOf(1) as [number[], number[]];
    expect(first).toHaveLength(tasks * 50);
    expect(second).not.toEqual(first);
    expect(noiseOf(1)).toEqual([first, second]);
    expect(noiseOf(2)).not.toEqual([first, second]);
    // The deviations of these three estimates are about 0.014, 0.02 and 0.014.
    expect(Math.abs(mean(first))).toBeLessThan(0.06);
    expect(Math.abs(mean(first.map((value) => value ** 2)) - 1)).toBeLessThan(0.08);
    expect(Math.abs(mean(first.map((value, at) => value * (second[at] as number))))).toBeLessThan(0.06);
  });

  test('has no noise in validation, and tells the loss which of the two it is', () => {
    expect(new Set(noiseOf(1, 'validation').flat())).toEqual(new Set([0]));
    const told = (purpose: 'training' | 'validation') =>
      noiseBatches(50, standardNormal, twice, purpose).tensors.training?.data[0];
    expect([told('training'), told('validation')]).toEqual([1, 0]);
  });

  test('draws uniform numbers from 0 to 1, and has their mean in validation', () => {
    const drawn = (purpose: 'training' | 'validation') => {
      const { epoch, tensors } = noiseBatches(50, uniform, twice, purpose);
      return Array.from(epoch(Int32Array.of(0), randomSource(3)), () => [...(tensors.noise?.data ?? [])]).flat();
    };
    const numbers = drawn('training');
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    expect(Math.abs(mean(numbers) - 0.5)).toBeLessThan(0.02);
    expect(new Set(drawn('validation'))).toEqual(new Set([0.5]));
  });

  test('keeps the inputs and the numbers of tasks of the batches', () => {
    const { inputs, tensors, epoch } = noiseBatches(50, standardNormal, twice, 'training');
    expect(Object.keys(inputs)).toEqual(['supportMask', 'noise', 'training']);
    expect(tensors.supportMask).toBe(twice.tensors.supportMask);
    expect([...epoch(Int32Array.of(0), randomSource(1))]).toEqual([7, 5]);
  });
});
