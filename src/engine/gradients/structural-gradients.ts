import {
  concat,
  div,
  gather,
  matMul,
  mul,
  pad,
  reshape,
  slice,
  slice_util,
  split,
  stack,
  step,
  sub,
  sum,
  type Tensor,
  tile,
  transpose,
  unsortedSegmentSum,
  unstack,
  util,
} from '@tensorflow/tfjs-core';
import { type GradientRule, type GradientRules, ruleOfInput } from './gradient-rule.ts';

/** Kernels that move elements, multiply matrices, or reduce along axes. */
export const structuralGradients: GradientRules = {
  Reshape: ruleOfInput((dy, x) => reshape(dy, x.shape)),
  ExpandDims: ruleOfInput((dy, x) => reshape(dy, x.shape), 'input'),
  Transpose: ruleOfInput<{ perm: number[] }>((dy, _x, { perm }) =>
    transpose(
      dy,
      perm.map((_, axis) => perm.indexOf(axis)),
    ),
  ),
  Slice: ruleOfInput<{ begin: number[]; size: number[] }>((dy, x, { begin, size }) => {
    const [starts] = slice_util.parseSliceParams(x, begin, size) as [number[], number[]];
    const after = (start: number, axis: number) =>
      (x.shape[axis] as number) - start - (dy.shape[axis] as number);
    return pad(
      dy,
      starts.map((start, axis) => [start, after(start, axis)]),
    );
  }),
  PadV2: ruleOfInput<{ paddings: [number, number][] }>((dy, x, { paddings }) =>
    slice(
      dy,
      paddings.map(([before]) => before),
      x.shape,
    ),
  ),
  Tile: ruleOfInput<{ reps: number[] }>((dy, x, { reps }) => {
    const unfolded = reps.flatMap((repetitions, axis) => [repetitions, x.shape[axis] as number]);
    return sum(
      reshape(dy, unfolded),
      reps.map((_, axis) => 2 * axis),
    );
  }),
  Concat: ruleOfList<{ axis: number }>((dy, inputs, { axis }) => {
    const along = util.parseAxisParam(axis, dy.shape)[0] as number;
    const sizes = inputs.map(({ shape }) => shape[along] as number);
    return split(dy, sizes, along);
  }),
  Pack: ruleOfList<{ axis: number }>((dy, _inputs, { axis }) => unstack(dy, axis)),
  AddN: ruleOfList((dy, inputs) => inputs.map(() => dy.clone())),
  SplitV: ruleOfParts('x', concat),
  Unpack: ruleOfParts('value', stack),

  BatchMatMul: {
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved, attributes) => {
      const [a, b] = saved as [Tensor, Tensor];
      const { transposeA, transposeB } = attributes as unknown as {
        transposeA: boolean;
        transposeB: boolean;
      };
      // For y = a·b, da = dy·bᵀ and db = aᵀ·dy; a transposed operand's gradient is transposed as a whole.
      const dyTensor = dy as Tensor;
      return {
        a: () =>
          transposeA ? matMul(b, dyTensor, transposeB, true) : matMul(dyTensor, b, false, !transposeB),
        b: () =>
          transposeB ? matMul(dyTensor, a, true, transposeA) : matMul(a, dyTensor, !transposeA, false),
      };
    },
  },

  Sum: ruleOfInput<{ axis?: number | number[] }>((dy, x, { axis }) => spread(dy, x, axis)),
  Mean: ruleOfInput<{ axis?: number | number[] }>((dy, x, { axis }) =>
    div(spread(dy, x, axis), x.size / dy.size),
  ),
  // Elements that share the maximum each take all of the gradient.
  Max: {
    inputsToSave: ['x'],
    outputsToSave: [true],
    gradFunc: (dy, saved, attributes) => {
      const [x, y] = saved as [Tensor, Tensor];
      const { reductionIndices } = attributes as unknown as { reductionIndices?: number | number[] };
      const smaller = () => step(sub(spread(y, x, reductionIndices), x));
      return { x: () => mul(spread(dy as Tensor, x, reductionIndices), sub(1, smaller())) };
    },
  },

  GatherV2: {
    inputsToSave: ['x', 'indices'],
    gradFunc: (dy, saved, attributes) => {
      const [x, indices] = saved as [Tensor, Tensor];
      const { axis, batchDims } = attributes as unknown as { axis: number; batchDims: number };
      if (axis !== 0 || batchDims !== 0) {
        throw new Error(
          `gather has a gradient along axis 0 only, got axis ${axis}; transpose before gathering.`,
        );
      }
      const [rows, ...row] = x.shape as [number, ...number[]];
      const flat = () => reshape(dy as Tensor, [indices.size, ...row]);
      return { x: () => unsortedSegmentSum(flat(), reshape(indices, [indices.size]), rows) };
    },
  },
  UnsortedSegmentSum: {
    inputsToSave: ['segmentIds'],
    gradFunc: (dy, [segmentIds]) => ({ x: () => gather(dy as Tensor, segmentIds as Tensor) }),
  },
};

/** A rule for a kernel that takes a list of tensors, its inputs named 0, 1, 2, … */
function ruleOfList<Attributes>(
  gradients: (dy: Tensor, inputs: Tensor[], attributes: Attributes) => Tensor[],
): GradientRule {
  return {
    saveAllInputs: true,
    gradFunc: (dy, saved, attributes) => {
      const all = gradients(dy as Tensor, saved, attributes as Attributes);
      return Object.fromEntries(all.map((gradient, index) => [index, () => gradient]));
    },
  };
}

/** A rule for a kernel that takes one tensor apart along an axis. */
function ruleOfParts(inputName: string, join: (dys: Tensor[], axis: number) => Tensor): GradientRule {
  return {
    gradFunc: (dys, _saved, attributes) => {
      const { axis } = attributes as unknown as { axis: number };
      return { [inputName]: () => join(dys as Tensor[], axis) };
    },
  };
}

/** Repeats what a reduction of `x` along some axes (default: all) gave, to the shape of `x`. */
function spread(reduced: Tensor, x: Tensor, axis: number | number[] | undefined): Tensor {
  const axes = util.parseAxisParam(axis ?? x.shape.map((_, index) => index), x.shape);
  const kept = x.shape.map((size, index) => (axes.includes(index) ? 1 : size));
  const repetitions = x.shape.map((size, index) => (axes.includes(index) ? size : 1));
  return tile(reshape(reduced, kept), repetitions);
}
