import { describe, test } from '@jest/globals';
import { gateByOutput } from '../../../src/engine/rewriting/gate-by-output.ts';
import { expectRewritten, expectUnchanged } from './expect-rewritten.ts';

describe('gateByOutput', () => {
  test('compares the output of a Relu with 0 instead of the input', () =>
    expectRewritten(
      gateByOutput,
      `
      inputs  x: float32[n]
      a: float32[n] = Relu(x)
      b: bool[n] = Greater(x, 0)
      c: float32[n] = Cast(b) {to: float32}
      d: float32[n] = Mul(a, c)
      outputs y = d`,
      `
      inputs  x: float32[n]
      a: float32[n] = Relu(x)
      b: bool[n] = Greater(a, 0)
      c: float32[n] = Cast(b) {to: float32}
      d: float32[n] = Mul(a, c)
      outputs y = d`,
    ));

  test('compares the output of a LeakyRelu with a positive slope', () =>
    expectRewritten(
      gateByOutput,
      `
      inputs  x: float32[n]
      a: float32[n] = LeakyRelu(x) {alpha: 0.25}
      b: bool[n] = Greater(x, 0)
      c: float32[n] = Where(b, a, 1)
      outputs y = c`,
      `
      inputs  x: float32[n]
      a: float32[n] = LeakyRelu(x) {alpha: 0.25}
      b: bool[n] = Greater(a, 0)
      c: float32[n] = Where(b, a, 1)
      outputs y = c`,
    ));

  test('compares the input of a LeakyRelu with a negative slope, whose output is positive on both sides', () =>
    expectUnchanged(
      gateByOutput,
      `
      inputs  x: float32[n]
      a: float32[n] = LeakyRelu(x) {alpha: -0.25}
      b: bool[n] = Greater(x, 0)
      c: float32[n] = Where(b, a, 1)
      outputs y = c`,
    ));

  test('keeps a comparison with another number', () =>
    expectUnchanged(
      gateByOutput,
      `
      inputs  x: float32[n]
      a: float32[n] = Relu(x)
      b: bool[n] = Greater(x, -1)
      c: float32[n] = Where(b, a, 1)
      outputs y = c`,
    ));
});
