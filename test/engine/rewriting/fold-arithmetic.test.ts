import { describe, test } from '@jest/globals';
import { foldArithmetic } from '../../../src/engine/rewriting/fold-arithmetic.ts';
import { expectRewritten, expectUnchanged } from './expect-rewritten.ts';

describe('foldArithmetic', () => {
  test('computes operations on constant numbers', () =>
    expectRewritten(
      foldArithmetic,
      `
      inputs  x: float32[n]
      a: float32[] = Mul(3, 4)
      b: float32[] = Sub(a, 2)
      c: float32[] = Pow(b, 0.5)
      d: float32[n] = Div(x, c)
      outputs y = d`,
      `
      inputs  x: float32[n]
      a: float32[n] = Div(x, 3.1622776985168457)
      outputs y = a`,
    ));

  test('removes x + 0, x − 0, x · 1, x / 1 and x¹', () =>
    expectRewritten(
      foldArithmetic,
      `
      inputs  x: float32[n]
      a: float32[n] = Add(x, 0)
      b: float32[n] = Sub(a, 0)
      c: float32[n] = Mul(b, 1)
      d: float32[n] = Div(c, 1)
      e: float32[n] = Pow(d, 1)
      outputs y = e`,
      `
      inputs  x: float32[n]
      outputs y = x`,
    ));

  test('removes 0 + x and 1 · x', () =>
    expectRewritten(
      foldArithmetic,
      `
      inputs  x: float32[n]
      a: float32[n] = Add(0, x)
      b: float32[n] = Mul(1, a)
      outputs y = b`,
      `
      inputs  x: float32[n]
      outputs y = x`,
    ));

  test('keeps 0 − x and 1 / x', () =>
    expectUnchanged(
      foldArithmetic,
      `
      inputs  x: float32[n]
      a: float32[n] = Sub(0, x)
      b: float32[n] = Div(1, a)
      outputs y = b`,
    ));

  test('expands the operand if a neutral array makes the result larger', () =>
    expectRewritten(
      foldArithmetic,
      `
      inputs  x: float32[2]
      inputs  rows: float32[n, 2]
      a: float32[n, 2] = Expand(1) {shape: [n, 2]}
      b: float32[n, 2] = Mul(x, a)
      c: float32[n, 2] = Add(b, rows)
      outputs y = c`,
      `
      inputs  x: float32[2]
      inputs  rows: float32[n, 2]
      a: float32[n, 2] = Expand(x) {shape: [n, 2]}
      b: float32[n, 2] = Add(a, rows)
      outputs y = b`,
    ));

  test('keeps the division of integers, which truncates', () =>
    expectUnchanged(
      foldArithmetic,
      `
      inputs  x: float32[n]
      a: int32[n] = Cast(x) {to: int32}
      b: int32[] = DimensionSize() {dimension: n, dtype: int32}
      c: int32[] = Div(b, 2)
      d: int32[n] = Add(a, c)
      outputs y = d`,
    ));
});
