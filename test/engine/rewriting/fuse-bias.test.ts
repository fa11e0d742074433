import { describe, test } from '@jest/globals';
import { fuseBias } from '../../../src/engine/rewriting/fuse-bias.ts';
import { expectRewritten, expectUnchanged } from './expect-rewritten.ts';

describe('fuseBias', () => {
  test('moves the addition of a vector into the Gemm before it', () =>
    expectRewritten(
      fuseBias,
      `
      inputs  x: float32[n, 3]
      const   weight: float32[3, 2]
      const   bias: float32[2]
      a: float32[n, 2] = Gemm(x, weight) {transposeA: false, transposeB: false}
      b: float32[n, 2] = Add(a, bias)
      outputs y = b`,
      `
      inputs  x: float32[n, 3]
      const   weight: float32[3, 2]
      const   bias: float32[2]
      a: float32[n, 2] = Gemm(x, weight, bias) {transposeA: false, transposeB: false}
      outputs y = a`,
    ));

  test('moves the addition of a matrix into the Gemm, even if the matrix is the first operand', () =>
    expectRewritten(
      fuseBias,
      `
      inputs  x: float32[3, n]
      inputs  gate: float32[n, 2]
      const   weight: float32[3, 2]
      a: float32[n, 2] = Gemm(x, weight) {transposeA: true, transposeB: false}
      b: float32[n, 2] = Add(gate, a)
      outputs y = b`,
      `
      inputs  x: float32[3, n]
      inputs  gate: float32[n, 2]
      const   weight: float32[3, 2]
      a: float32[n, 2] = Gemm(x, weight, gate) {transposeA: true, transposeB: false}
      outputs y = a`,
    ));

  test('keeps the addition if another node uses the product too', () =>
    expectUnchanged(
      fuseBias,
      `
      inputs  x: float32[n, 3]
      const   weight: float32[3, 2]
      const   bias: float32[2]
      a: float32[n, 2] = Gemm(x, weight) {transposeA: false, transposeB: false}
      b: float32[n, 2] = Add(a, bias)
      c: float32[n, 2] = Mul(a, b)
      outputs y = c`,
    ));

  test('keeps the addition to a Gemm that already has a bias', () =>
    expectUnchanged(
      fuseBias,
      `
      inputs  x: float32[n, 3]
      const   weight: float32[3, 2]
      const   bias: float32[2]
      a: float32[n, 2] = Gemm(x, weight, bias) {transposeA: false, transposeB: false}
      b: float32[n, 2] = Add(a, bias)
      outputs y = b`,
    ));
});
