import { expect } from '@jest/globals';
import type { HostTensors } from '../../src/engine/engine.ts';

/**
 * Expects tensors of equal type and shape, with elements that differ by at most `tolerance`: absolute below 1, relative
 * above.
 */
export function expectClose(actual: HostTensors, expected: HostTensors, tolerance: number): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, { dtype, shape, data }] of Object.entries(expected)) {
    expect({ name, dtype: actual[name]!.dtype, shape: [...actual[name]!.shape] }).toEqual({
      name,
      dtype,
      shape: [...shape],
    });
    expect(`${name}: ${firstDifference(actual[name]!.data, data, tolerance)}`).toBe(`${name}: none`);
  }
}

function firstDifference(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): string {
  for (let index = 0; index < expected.length; index++) {
    const [got, wanted] = [actual[index]!, expected[index]!];
    const same = Object.is(got, wanted) || Math.abs(got - wanted) <= tolerance * Math.max(1, Math.abs(wanted));
    if (!same) return `element ${index} is ${got}, expected ${wanted}`;
  }
  return 'none';
}
