import { describe, test } from '@jest/globals';
import { removeUnused } from '../../../src/engine/rewriting/remove-unused.ts';
import { expectRewritten, expectUnchanged } from './expect-rewritten.ts';

describe('removeUnused', () => {
  test('removes nodes and constants that no output depends on', () =>
    expectRewritten(
      removeUnused,
      `
      inputs  x: float32[n, 2]
      const   weight: float32[2, 2]
      a: float32[n, 2] = Gemm(x, weight) {transposeA: false, transposeB: false}
      b: float32[n, 2] = Relu(a)
      c: float32[n, 2] = Exp(x)
      outputs y = c`,
      `
      inputs  x: float32[n, 2]
      a: float32[n, 2] = Exp(x)
      outputs y = a`,
    ));

  test('keeps inputs that no output depends on', () =>
    expectUnchanged(
      removeUnused,
      `
      inputs  x: float32[n, 2]
      inputs  unused: float32[n]
      outputs y = x`,
    ));

  test('keeps all outputs of a node if one of them is used', () =>
    expectUnchanged(
      removeUnused,
      `
      inputs  x: float32[n, 6]
      a: float32[n, 2], b: float32[n, 4] = Split(x) {axis: 1, sizes: [2, 4]}
      outputs y = b`,
    ));
});
