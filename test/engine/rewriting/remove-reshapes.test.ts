import { describe, test } from '@jest/globals';
import { removeReshapes } from '../../../src/engine/rewriting/remove-reshapes.ts';
import { expectRewritten } from './expect-rewritten.ts';

describe('removeReshapes', () => {
  test('merges consecutive Reshapes', () =>
    expectRewritten(
      removeReshapes,
      `
      inputs  x: float32[n, 4, 3]
      a: float32[4*n, 3] = Reshape(x) {shape: [4*n, 3]}
      b: float32[12*n] = Reshape(a) {shape: [12*n]}
      outputs y = b`,
      `
      inputs  x: float32[n, 4, 3]
      a: float32[12*n] = Reshape(x) {shape: [12*n]}
      outputs y = a`,
    ));

  test('removes consecutive Reshapes that restore the first shape', () =>
    expectRewritten(
      removeReshapes,
      `
      inputs  x: float32[n, 4, 3]
      a: float32[4*n, 3] = Reshape(x) {shape: [4*n, 3]}
      b: float32[n, 4, 3] = Reshape(a) {shape: [n, 4, 3]}
      c: float32[n, 4, 3] = Relu(b)
      outputs y = c`,
      `
      inputs  x: float32[n, 4, 3]
      a: float32[n, 4, 3] = Relu(x)
      outputs y = a`,
    ));

  test('removes a Reshape and an Expand to the same shape', () =>
    expectRewritten(
      removeReshapes,
      `
      inputs  x: float32[n, 2]
      a: float32[n, 2] = Reshape(x) {shape: [n, 2]}
      b: float32[n, 2] = Expand(a) {shape: [n, 2]}
      c: float32[n, 2] = Relu(b)
      outputs y = c`,
      `
      inputs  x: float32[n, 2]
      a: float32[n, 2] = Relu(x)
      outputs y = a`,
    ));

  test('merges consecutive Transposes', () =>
    expectRewritten(
      removeReshapes,
      `
      inputs  x: float32[n, 4, 3]
      a: float32[3, n, 4] = Transpose(x) {permutation: [2, 0, 1]}
      b: float32[n, 3, 4] = Transpose(a) {permutation: [1, 0, 2]}
      outputs y = b`,
      `
      inputs  x: float32[n, 4, 3]
      a: float32[n, 3, 4] = Transpose(x) {permutation: [0, 2, 1]}
      outputs y = a`,
    ));

  test('removes consecutive Transposes that cancel out', () =>
    expectRewritten(
      removeReshapes,
      `
      inputs  x: float32[n, 4]
      a: float32[4, n] = Transpose(x) {permutation: [1, 0]}
      b: float32[n, 4] = Transpose(a) {permutation: [1, 0]}
      c: float32[n, 4] = Relu(b)
      outputs y = c`,
      `
      inputs  x: float32[n, 4]
      a: float32[n, 4] = Relu(x)
      outputs y = a`,
    ));

  test('replaces a Transpose that moves only axes of size 1 with a Reshape', () =>
    expectRewritten(
      removeReshapes,
      `
      inputs  x: float32[n, 1, 3]
      a: float32[1, n, 3] = Transpose(x) {permutation: [1, 0, 2]}
      outputs y = a`,
      `
      inputs  x: float32[n, 1, 3]
      a: float32[1, n, 3] = Reshape(x) {shape: [1, n, 3]}
      outputs y = a`,
    ));
});
