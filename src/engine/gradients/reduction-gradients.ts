import {
  broadcastTo,
  cumsum,
  div,
  equal,
  exp,
  logSoftmax,
  matMul,
  max,
  min,
  mul,
  reshape,
  softmax,
  sub,
  sum,
  type Tensor,
  util,
} from '@tensorflow/tfjs-core';
import { constantRule, float, type GradientRule, outputRule, rule, sumTo } from './gradient-rule.ts';

type Axes = number | number[];

/** Kernels that reduce axes, as a matrix product reduces its inner axis, or that run along an axis. */
export const reductionGradients = {
  Sum: rule<'x', { axis: Axes }>(['x'], (dy, { x }, { axis }) => ({ x: () => spread(dy, x, axis) })),
  Mean: rule<'x', { axis: Axes }>(['x'], (dy, { x }, { axis }) => ({
    // Dividing before spreading works on the smaller tensor.
    x: () => spread(div(dy, x.size / dy.size), x, axis),
  })),
  BatchMatMul: rule<'a' | 'b', { transposeA: boolean; transposeB: boolean }>(
    ['a', 'b'],
    (dy, { a, b }, { transposeA, transposeB }) => ({
      a: () => sumTo(transposeA ? matMul(b, dy, transposeB, true) : matMul(dy, b, false, !transposeB), a.shape),
      b: () => sumTo(transposeB ? matMul(dy, a, true, transposeA) : matMul(a, dy, !transposeA, false), b.shape),
    }),
  ),
  Max: extremeRule('reductionIndices', max),
  Min: extremeRule('axis', min),
  Cumsum: rule<never, { axis: number; exclusive: boolean; reverse: boolean }>(
    [],
    (dy, _saved, { axis, exclusive, reverse: reversed }) => ({
      x: () => cumsum(dy, axis, exclusive, !reversed),
    }),
  ),
  Softmax: outputRule<{ dim: number }>(
    (logits, { dim }) => softmax(logits, dim),
    (dy, y, { dim }) => {
      const weighted = mul(dy, y);
      return sub(weighted, mul(sum(weighted, dim, true), y));
    },
    'logits',
  ),
  LogSoftmax: outputRule<{ axis: number }>(
    (logits, { axis }) => logSoftmax(logits, axis),
    (dy, y, { axis }) => sub(dy, mul(sum(dy, axis, true), exp(y))),
    'logits',
  ),
  ArgMax: constantRule('x'),
  ArgMin: constantRule('x'),
  AddN: {
    reads: 'all',
    readsOutput: false,
    gradient: (dy, saved) => Object.fromEntries(Object.keys(saved).map((name) => [name, () => dy.clone()])),
  },
} as const satisfies Record<string, GradientRule>;

/** Equal extremes share the gradient, so that a tensor that all of them depend on receives it once. */
function extremeRule(axesAttribute: 'axis' | 'reductionIndices', extreme: typeof max | typeof min): GradientRule {
  return outputRule<Record<string, Axes>>(
    (x, attributes) => extreme(x, attributes[axesAttribute]),
    (dy, y, attributes, x) => {
      const axes = attributes[axesAttribute]!;
      const extremes = float(equal(x, spread(y, x, axes)));
      const share = div(dy, reshape(sum(extremes, axes), dy.shape));
      return mul(spread(share, x, axes), extremes);
    },
  );
}

/** Repeats a reduced tensor along the reduced axes. */
function spread(reduced: Tensor, x: Tensor, axis: Axes): Tensor {
  const axes = util.parseAxisParam(axis, x.shape);
  const kept = x.shape.map((size, index) => (axes.includes(index) ? 1 : size));
  return broadcastTo(reshape(reduced, kept), x.shape as never);
}
