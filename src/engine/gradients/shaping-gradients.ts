import {
  concat,
  pad,
  reshape,
  reverse,
  slice,
  slice_util,
  split,
  stack,
  sum,
  type Tensor,
  transpose,
  unstack,
  util,
} from '@tensorflow/tfjs-core';
import { type GradientRule, type InputGradients, rule } from './gradient-rule.ts';

type Axes = number | number[];

/** Kernels that move, join and cut arrays. */
export const shapingGradients = {
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
  Slice: rule<'x', { begin: number | number[]; size: number | number[] }>(['x'], (dy, { x }, { begin, size }) => ({
    x: () => {
      const [starts, sizes] = slice_util.parseSliceParams(x, begin, size) as [number[], number[]];
      return pad(
        dy as Tensor,
        starts.map((start, axis) => [start, x.shape[axis]! - start - sizes[axis]!]),
      );
    },
  })),
  PadV2: rule<'x', { paddings: [number, number][] }>(['x'], (dy, { x }, { paddings }) => ({
    x: () =>
      slice(
        dy as Tensor,
        paddings.map(([before]) => before),
        x.shape,
      ),
  })),
  // Splits every axis of the gradient into (repeats, size), and sums over the repeats.
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
} as const satisfies Record<string, GradientRule>;

/** The gradients of a list of inputs that one op computes together. */
function listed(gradients: readonly Tensor[]): InputGradients {
  return Object.fromEntries(gradients.map((gradient, index) => [`${index}`, () => gradient]));
}
