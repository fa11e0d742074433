import { describe, test } from '@jest/globals';
import { sinkReshapes } from '../../../src/engine/rewriting/sink-reshapes.ts';
import { expectRewritten, expectUnchanged } from './expect-rewritten.ts';

describe('sinkReshapes', () => {
  test('moves a Reshape behind the bias and the activation that follow it', () =>
    expectRewritten(
      sinkReshapes,
      `
      inputs  x: float32[4*n, 3]
      inputs  rows: float32[n]
      const   bias: float32[3]
      a: float32[n, 4, 3] = Reshape(x) {shape: [n, 4, 3]}
      b: float32[n, 4, 3] = Add(a, bias)
      c: float32[n, 4, 3] = Relu(b)
      outputs y = c`,
      `
      inputs  x: float32[4*n, 3]
      inputs  rows: float32[n]
      const   bias: float32[3]
      a: float32[4*n, 3] = Add(x, bias)
      b: float32[4*n, 3] = Relu(a)
      c: float32[n, 4, 3] = Reshape(b) {shape: [n, 4, 3]}
      outputs y = c`,
    ));

  test('moves the Reshapes of two operands that are reshaped alike', () =>
    expectRewritten(
      sinkReshapes,
      `
      inputs  x: float32[n, 6]
      inputs  z: float32[n, 6]
      a: float32[n, 2, 3] = Reshape(x) {shape: [n, 2, 3]}
      b: float32[n, 2, 3] = Reshape(z) {shape: [n, 2, 3]}
      c: float32[n, 2, 3] = Mul(a, b)
      outputs y = c`,
      `
      inputs  x: float32[n, 6]
      inputs  z: float32[n, 6]
      a: float32[n, 6] = Mul(x, z)
      b: float32[n, 2, 3] = Reshape(a) {shape: [n, 2, 3]}
      outputs y = b`,
    ));

  test('keeps a Reshape if another operand spans a dimension that it changes', () =>
    expectUnchanged(
      sinkReshapes,
      `
      inputs  x: float32[n, 6]
      const   bias: float32[2, 3]
      a: float32[n, 2, 3] = Reshape(x) {shape: [n, 2, 3]}
      b: float32[n, 2, 3] = Add(a, bias)
      outputs y = b`,
    ));

  test('keeps a Reshape of a vector', () =>
    expectUnchanged(
      sinkReshapes,
      `
      inputs  x: float32[n]
      a: float32[n, 1] = Reshape(x) {shape: [n, 1]}
      b: float32[n, 1] = Exp(a)
      outputs y = b`,
    ));
});
