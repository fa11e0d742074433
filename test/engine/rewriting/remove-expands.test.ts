import { describe, test } from '@jest/globals';
import { removeExpands } from '../../../src/engine/rewriting/remove-expands.ts';
import { expectRewritten, expectUnchanged } from './expect-rewritten.ts';

describe('removeExpands', () => {
  test('removes an Expand before an operator that broadcasts', () =>
    expectRewritten(
      removeExpands,
      `
      inputs  x: float32[n, 2]
      inputs  bias: float32[2]
      a: float32[n, 2] = Expand(bias) {shape: [n, 2]}
      b: float32[n, 2] = Add(x, a)
      outputs y = b`,
      `
      inputs  x: float32[n, 2]
      inputs  bias: float32[2]
      a: float32[n, 2] = Add(x, bias)
      outputs y = a`,
    ));

  test('moves an Expand behind an operator if all operands are expanded', () =>
    expectRewritten(
      removeExpands,
      `
      inputs  x: float32[n, 2]
      inputs  bias: float32[2]
      a: float32[n, 2] = Expand(bias) {shape: [n, 2]}
      b: float32[n, 2] = Exp(a)
      c: float32[n, 4] = Concat(x, b) {axis: 1}
      outputs y = c`,
      `
      inputs  x: float32[n, 2]
      inputs  bias: float32[2]
      a: float32[2] = Exp(bias)
      b: float32[n, 2] = Expand(a) {shape: [n, 2]}
      c: float32[n, 4] = Concat(x, b) {axis: 1}
      outputs y = c`,
    ));

  test('keeps an Expand before an operator that does not broadcast', () =>
    expectUnchanged(
      removeExpands,
      `
      inputs  x: float32[n, 2]
      inputs  bias: float32[2]
      a: float32[n, 2] = Expand(bias) {shape: [n, 2]}
      b: float32[n, 4] = Concat(x, a) {axis: 1}
      outputs y = b`,
    ));
});
