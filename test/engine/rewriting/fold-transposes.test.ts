import { describe, test } from '@jest/globals';
import { foldTransposes } from '../../../src/engine/rewriting/fold-transposes.ts';
import { expectRewritten, expectUnchanged } from './expect-rewritten.ts';

describe('foldTransposes', () => {
  test('moves the Transposes of both operands into a Gemm', () =>
    expectRewritten(
      foldTransposes,
      `
      inputs  x: float32[3, n]
      inputs  w: float32[2, 3]
      a: float32[n, 3] = Transpose(x) {permutation: [1, 0]}
      b: float32[3, 2] = Transpose(w) {permutation: [1, 0]}
      c: float32[n, 2] = Gemm(a, b) {transposeA: false, transposeB: false}
      outputs y = c`,
      `
      inputs  x: float32[3, n]
      inputs  w: float32[2, 3]
      a: float32[n, 2] = Gemm(x, w) {transposeA: true, transposeB: true}
      outputs y = a`,
    ));

  test('cancels a Transpose that the Gemm undoes, and keeps the bias', () =>
    expectRewritten(
      foldTransposes,
      `
      inputs  x: float32[n, 3]
      inputs  w: float32[3, 2]
      const   bias: float32[2]
      a: float32[3, n] = Transpose(x) {permutation: [1, 0]}
      b: float32[n, 2] = Gemm(a, w, bias) {transposeA: true, transposeB: false}
      outputs y = b`,
      `
      inputs  x: float32[n, 3]
      inputs  w: float32[3, 2]
      const   bias: float32[2]
      a: float32[n, 2] = Gemm(x, w, bias) {transposeA: false, transposeB: false}
      outputs y = a`,
    ));

  test('keeps a Transpose that moves no axis', () =>
    expectUnchanged(
      foldTransposes,
      `
      inputs  x: float32[n, 3]
      inputs  w: float32[3, 2]
      a: float32[n, 3] = Transpose(x) {permutation: [0, 1]}
      b: float32[n, 2] = Gemm(a, w) {transposeA: false, transposeB: false}
      outputs y = b`,
    ));

  test('keeps a Transpose before a MatMul, which cannot transpose', () =>
    expectUnchanged(
      foldTransposes,
      `
      inputs  x: float32[n, 3, 2]
      inputs  w: float32[n, 3, 2]
      a: float32[n, 2, 3] = Transpose(x) {permutation: [0, 2, 1]}
      b: float32[n, 2, 2] = MatMul(a, w)
      outputs y = b`,
    ));
});
