import {
  broadcastTo,
  cast,
  concat,
  cumsum,
  div,
  equal,
  exp,
  gather,
  logSoftmax,
  matMul,
  max,
  min,
  mul,
  pad,
  reshape,
  reverse,
  slice,
  slice_util,
  softmax,
  split,
  stack,
  sub,
  sum,
  type Tensor,
  transpose,
  unsortedSegmentSum,
  unstack,
  util,
  zeros,
} from '@tensorflow/tfjs-core';
import {
  constantRule,
  float,
  type GradientRule,
  type InputGradients,
  outputRule,
  rule,
  sumTo,
} from './gradient-rule.ts';

type Axes = number | number[];

/** Kernels that reduce, multiply matrices, move, join, cut and index. */
export const structuralGradients = {
  Sum: rule<'x', { axis: Axes }>(['x'], (dy, { x }, { axis }) => ({ x: () => spread(dy, x, axis) })),
  Mean: rule<'x', { axis: Axes }>(['x'], (dy, { x }, { axis }) => ({
    // Dividing first works on the smaller tensor.
    x: () => spread(div(dy, x.size / dy.size), x, axis),
  })),
  Max: extremeRule('reductionIndices', max),
  Min: extremeRule('axis', min),
  AddN: {
    reads: 'all',
    readsOutput: false,
    gradient: (dy, saved) => Object.fromEntries(Object.keys(saved).map((name) => [name, () => dy.clone()])),
  },
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

  BatchMatMul: rule<'a' | 'b', { transposeA: boolean; transposeB: boolean }>(
    ['a', 'b'],
    (dy, { a, b }, { transposeA, transposeB }) => ({
      a: () =>
        sumTo(transposeA ? matMul(b, dy, transposeB, true) : matMul(dy, b, false, !transposeB), a.shape),
      b: () =>
        sumTo(transposeB ? matMul(dy, a, true, transposeA) : matMul(a, dy, !transposeA, false), b.shape),
    }),
  ),

  Concat: {
    reads: 'all',
    readsOutput: false,
    gradient: (dy, saved, { axis }: { axis: number }) => {
      const inputs = Object.values(saved);
      const positive = util.parseAxisParam(axis, inputs[0]!.shape)[0]!;
      return listed(
        split(
          dy as Tensor,
          inputs.map(({ shape }) => shape[positive]!),
          positive,
        ),
      );
    },
  },
  SplitV: rule<never, { axis: number }>([], (dy, _saved, { axis }) => ({
    x: () => concat([dy].flat(), axis),
  })),
  Pack: rule<never, { axis: number }>([], (dy, _saved, { axis }) => listed(unstack(dy as Tensor, axis))),
  Unpack: rule<never, { axis: number }>([], (dy, _saved, { axis }) => ({
    value: () => stack([dy].flat(), axis),
  })),
  ExpandDims: rule(['input'], (dy, { input }) => ({ input: () => reshape(dy, input.shape) })),
  Reshape: rule(['x'], (dy, { x }) => ({ x: () => reshape(dy, x.shape) })),
  Reverse: rule<never, { dims: Axes }>([], (dy, _saved, { dims }) => ({
    x: () => reverse(dy as Tensor, dims),
  })),
  Transpose: rule<never, { perm: number[] }>([], (dy, _saved, { perm }) => ({
    x: () =>
      transpose(
        dy as Tensor,
        perm.map((_, axis) => perm.indexOf(axis)),
      ),
  })),
  Slice: rule<'x', { begin: number | number[]; size: number | number[] }>(
    ['x'],
    (dy, { x }, { begin, size }) => ({
      x: () => {
        const [starts, sizes] = slice_util.parseSliceParams(x, begin, size) as [number[], number[]];
        return pad(
          dy as Tensor,
          starts.map((start, axis) => [start, x.shape[axis]! - start - sizes[axis]!]),
        );
      },
    }),
  ),
  PadV2: rule<'x', { paddings: [number, number][] }>(['x'], (dy, { x }, { paddings }) => ({
    x: () =>
      slice(
        dy as Tensor,
        paddings.map(([before]) => before),
        x.shape,
      ),
  })),
  // Every axis of the result is (repeats, size); the repeats add up.
  Tile: rule<'x', { reps: number[] }>(['x'], (dy, { x }, { reps }) => ({
    x: () => {
      const repeats = x.shape.map((_, axis) => 2 * axis);
      return sum(
        reshape(
          dy,
          x.shape.flatMap((size, axis) => [reps[axis]!, size]),
        ),
        repeats,
      );
    },
  })),

  GatherV2: rule<'x' | 'indices', { axis: number }>(['x', 'indices'], (dy, { x, indices }, { axis }) => ({
    x: () => {
      const positive = util.parseAxisParam(axis, x.shape)[0]!;
      const rows = cast(reshape(indices, [indices.size]), 'int32');
      const rest = [...x.shape.slice(0, positive), ...x.shape.slice(positive + 1)];
      const order = [positive, ...x.shape.map((_, index) => index).filter((index) => index !== positive)];
      // `[before, indices, after]` with the indices moved to the front.
      const flat = reshape(dy, [...x.shape.slice(0, positive), rows.size, ...x.shape.slice(positive + 1)]);
      const first = positive === 0 ? flat : transpose(flat, order);
      const summed = unsortedSegmentSum(
        reshape(first, [rows.size, ...rest]),
        rows as never,
        x.shape[positive]!,
      );
      return positive === 0
        ? summed
        : transpose(
            summed,
            order.map((_, index) => order.indexOf(index)),
          );
    },
    indices: () => zeros(indices.shape),
  })),
  UnsortedSegmentSum: rule(['segmentIds'], (dy, { segmentIds }) => ({
    x: () => gather(dy as Tensor, segmentIds),
    segmentIds: () => zeros(segmentIds.shape),
  })),

  ArgMax: constantRule('x'),
  ArgMin: constantRule('x'),
  OneHot: constantRule('indices'),
} as const satisfies Record<string, GradientRule>;

/** Equal extremes each receive the whole gradient. */
function extremeRule(
  axesAttribute: 'axis' | 'reductionIndices',
  extreme: typeof max | typeof min,
): GradientRule {
  return outputRule<Record<string, Axes>>(
    (x, attributes) => extreme(x, attributes[axesAttribute]),
    (dy, y, attributes, x) => {
      const axes = attributes[axesAttribute]!;
      return mul(spread(dy, x, axes), float(equal(x, spread(y, x, axes))));
    },
  );
}

/** Repeats a reduced tensor along the axes that were reduced. */
function spread(reduced: Tensor, x: Tensor, axis: Axes): Tensor {
  const axes = util.parseAxisParam(axis, x.shape);
  const kept = x.shape.map((size, index) => (axes.includes(index) ? 1 : size));
  return broadcastTo(reshape(reduced, kept), x.shape as never);
}

/** The gradients of a list of inputs, which come from one operation. */
function listed(gradients: readonly Tensor[]): InputGradients {
  return Object.fromEntries(gradients.map((gradient, index) => [`${index}`, () => gradient]));
}
