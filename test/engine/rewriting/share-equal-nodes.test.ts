import { describe, test } from '@jest/globals';
import { shareEqualNodes } from '../../../src/engine/rewriting/share-equal-nodes.ts';
import { expectRewritten, expectUnchanged } from './expect-rewritten.ts';

describe('shareEqualNodes', () => {
  test('merges equal nodes, and then the nodes that use them', () =>
    expectRewritten(
      shareEqualNodes,
      `
      inputs  x: float32[n]
      a: float32[n] = Exp(x)
      b: float32[n] = Exp(x)
      c: float32[n] = Mul(a, 2)
      d: float32[n] = Mul(b, 2)
      e: float32[n] = Add(c, d)
      outputs y = e`,
      `
      inputs  x: float32[n]
      a: float32[n] = Exp(x)
      b: float32[n] = Mul(a, 2)
      c: float32[n] = Add(b, b)
      outputs y = c`,
    ));

  test('merges nodes whose scalar constants are equal numbers', () =>
    expectRewritten(
      shareEqualNodes,
      `
      inputs  x: float32[n]
      a: float32[n] = Mul(x, 2)
      b: float32[n] = Mul(x, 2.0)
      c: float32[n] = Add(a, b)
      outputs y = c`,
      `
      inputs  x: float32[n]
      a: float32[n] = Mul(x, 2)
      b: float32[n] = Add(a, a)
      outputs y = b`,
    ));

  test('keeps nodes with different attributes', () =>
    expectUnchanged(
      shareEqualNodes,
      `
      inputs  x: float32[n, 2]
      a: float32[n, 1] = ReduceSum(x) {axes: [1], keepDimensions: true}
      b: float32[n] = ReduceSum(x) {axes: [1], keepDimensions: false}
      outputs y = a
      outputs z = b`,
    ));

  test('keeps nodes with their inputs in another order', () =>
    expectUnchanged(
      shareEqualNodes,
      `
      inputs  x: float32[n]
      inputs  z: float32[n]
      a: float32[n] = Sub(x, z)
      b: float32[n] = Sub(z, x)
      c: float32[n] = Mul(a, b)
      outputs y = c`,
    ));
});
