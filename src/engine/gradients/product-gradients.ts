import { matMul } from '@tensorflow/tfjs-core';
import { type GradientRule, rule, sumTo } from './gradient-rule.ts';

/** Matrix products. */
export const productGradients = {
  BatchMatMul: rule<'a' | 'b', { transposeA: boolean; transposeB: boolean }>(
    ['a', 'b'],
    (dy, { a, b }, { transposeA, transposeB }) => ({
      a: () =>
        sumTo(transposeA ? matMul(b, dy, transposeB, true) : matMul(dy, b, false, !transposeB), a.shape),
      b: () =>
        sumTo(transposeB ? matMul(dy, a, true, transposeA) : matMul(a, dy, !transposeA, false), b.shape),
    }),
  ),
} as const satisfies Record<string, GradientRule>;
