import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import type { LoweredKernel } from '../../../src/engine/tracing/register-lowerings.ts';
import {
  binary,
  floats,
  integers,
  type KernelCase,
  logical,
  positives,
  reduction,
  shapes,
  unary,
} from './kernel-case.ts';

const constant: Partial<KernelCase> = { differentiable: [] };
const axisOf = (x: tf.Tensor) => x.rank - 1;
const matrices = fc.record({
  stack: fc.constantFrom<number[]>([], [2], [2, 3]),
  stackOfB: fc.constantFrom<'same' | 'one'>('same', 'one'),
  m: fc.integer({ min: 1, max: 4 }),
  k: fc.integer({ min: 1, max: 4 }),
  n: fc.integer({ min: 1, max: 4 }),
});

/** One case per lowered kernel. A kernel without a case does not compile. */
export const kernelCases: Record<LoweredKernel, KernelCase> = {
  Abs: unary(tf.abs),
  Ceil: unary(tf.ceil),
  Cos: unary(tf.cos),
  Erf: unary(tf.erf, { tolerance: 1e-5 }),
  Exp: unary(tf.exp),
  Floor: unary(tf.floor),
  Log: unary(tf.log, { positive: true }),
  LogicalNot: unary((x) => tf.logicalNot(tf.greater(x, 0)), constant),
  Neg: unary(tf.neg),
  Reciprocal: unary(tf.reciprocal),
  Round: unary(tf.round),
  Sigmoid: unary(tf.sigmoid),
  Sign: unary(tf.sign),
  Sin: unary(tf.sin),
  Softplus: unary(tf.softplus),
  Sqrt: unary(tf.sqrt, { positive: true }),
  Tanh: unary(tf.tanh),
  Relu: unary(tf.relu),
  Relu6: unary((x) => tf.relu6(tf.mul(x, 3))),
  Elu: unary(tf.elu),
  LeakyRelu: unary((x) => tf.leakyRelu(x, 0.01)),
  Square: unary(tf.square),
  Rsqrt: unary(tf.rsqrt, { positive: true }),
  Log1p: unary(tf.log1p, { positive: true }),
  Expm1: unary(tf.expm1),
  IsNan: unary((x) => tf.isNaN(tf.sqrt(x)), constant),
  ClipByValue: unary((x) => tf.clipByValue(x, -1, 1.5)),
  Step: unary((x) => tf.step(x, 0.5)),
  EluGrad: unary((x) => tf.engine().runKernel('EluGrad', { dy: tf.square(x), y: tf.elu(x) }), constant),

  Add: binary(tf.add),
  Maximum: binary((a, b) => tf.maximum(a, tf.add(b, nudge(b)))),
  Minimum: binary((a, b) => tf.minimum(a, tf.add(b, nudge(b)))),
  Multiply: binary(tf.mul),
  Pow: binary((a, b) => tf.pow(a, b), { draw: positives, dtypes: ['float32'], tolerance: 1e-4 }),
  RealDiv: binary(tf.div, { dtypes: ['float32'] }),
  Sub: binary(tf.sub),
  Equal: binary(tf.equal, constant),
  Greater: binary(tf.greater, constant),
  GreaterEqual: binary(tf.greaterEqual, constant),
  Less: binary(tf.less, constant),
  LessEqual: binary(tf.lessEqual, constant),
  NotEqual: binary(tf.notEqual, constant),
  LogicalAnd: logical(tf.logicalAnd),
  LogicalOr: logical(tf.logicalOr),
  LogicalXor: logical(tf.logicalXor),
  SquaredDifference: binary(tf.squaredDifference),
  FloorDiv: binary(tf.floorDiv, { ...constant, dtypes: ['int32'] }),
  Mod: binary(tf.mod, constant),
  Prelu: {
    inputs: shapes({ minRank: 1 }).chain((shape) => fc.record({ x: floats(shape), alpha: floats(shape.slice(-1)) })),
    call: ({ x, alpha }) => tf.prelu(x!, alpha!),
    differentiable: ['x', 'alpha'],
  },

  Select: {
    inputs: shapes().chain((shape) => fc.record({ chooser: floats(shape), t: floats(shape), e: floats(shape) })),
    call: ({ chooser, t, e }) => tf.where(tf.greater(chooser!, 0), t!, e!),
    differentiable: ['t', 'e'],
  },
  Cast: {
    inputs: shapes().chain((shape) => fc.record({ x: floats(shape), n: integers(shape) })),
    call: ({ x, n }) =>
      tf.add(
        tf.cast(tf.cast(x!, 'int32'), 'float32'),
        tf.add(tf.cast(n!, 'float32'), tf.cast(tf.greater(n!, 0), 'float32')),
      ),
    differentiable: [],
  },
  Identity: unary((x) => tf.clone(x)),
  ZerosLike: unary(tf.zerosLike),
  OnesLike: unary(tf.onesLike),

  Fill: unary((x) => tf.add(x, tf.fill(x.shape, 2.5))),
  Range: {
    inputs: fc.integer({ min: 1, max: 6 }).chain((size) => fc.record({ x: floats([size]) })),
    call: ({ x }) => tf.add(x!, tf.range(2, 2 + 3 * x!.size, 3)),
    differentiable: ['x'],
  },
  Reshape: unary((x) => tf.reshape(x, [-1, 1])),
  ExpandDims: unary((x) => tf.expandDims(x, -1)),
  Transpose: unary((x) => tf.transpose(x)),
  Slice: {
    inputs: shapes({ minRank: 1 }).chain((shape) => fc.record({ x: floats(shape) })),
    call: ({ x }) =>
      tf.slice(
        x!,
        x!.shape.map((size) => (size > 2 ? 1 : 0)),
        x!.shape
          .map((size) => (size > 1 ? size - 1 : 1))
          .map((size, axis) => Math.min(size, x!.shape[axis]! - (x!.shape[axis]! > 2 ? 1 : 0))),
      ),
    differentiable: ['x'],
  },
  Concat: {
    inputs: fc
      .tuple(shapes({ minRank: 1 }), fc.integer({ min: 1, max: 3 }))
      .chain(([shape, more]) => fc.record({ a: floats(shape), b: floats([...shape.slice(0, -1), more]) })),
    call: ({ a, b }) => tf.concat([a!, b!], -1),
    differentiable: ['a', 'b'],
  },
  SplitV: {
    inputs: shapes({ minRank: 0, maxRank: 2 }).chain((shape) => fc.record({ x: floats([...shape, 6]) })),
    call: ({ x }) => {
      const [a, b, c] = tf.split(x!, [1, 3, 2], -1) as [tf.Tensor, tf.Tensor, tf.Tensor];
      return tf.concat([c, tf.square(a), b], -1);
    },
    differentiable: ['x'],
  },
  Pack: {
    inputs: shapes({ maxRank: 2 }).chain((shape) => fc.record({ a: floats(shape), b: floats(shape) })),
    call: ({ a, b }) => tf.stack([a!, b!, tf.square(a!)], a!.rank),
    differentiable: ['a', 'b'],
  },
  Unpack: {
    inputs: shapes({ minRank: 1 }).chain((shape) => fc.record({ x: floats(shape) })),
    call: ({ x }) => tf.unstack(x!, axisOf(x!)).reduce((sum, piece, index) => tf.add(sum, tf.mul(piece, index + 1))),
    differentiable: ['x'],
  },
  Tile: unary((x) =>
    tf.tile(
      x,
      x.shape.map((_, axis) => (axis % 2) + 1),
    ),
  ),
  PadV2: {
    inputs: shapes({ minRank: 1 }).chain((shape) => fc.record({ x: floats(shape) })),
    call: ({ x }) =>
      tf.pad(
        x!,
        x!.shape.map((_, axis): [number, number] => [axis, 2]),
        0.5,
      ),
    differentiable: ['x'],
  },
  Reverse: {
    inputs: shapes({ minRank: 1 }).chain((shape) => fc.record({ x: floats(shape) })),
    call: ({ x }) => tf.reverse(x!, [axisOf(x!)]),
    differentiable: ['x'],
  },

  BatchMatMul: {
    inputs: fc.tuple(matrices, fc.boolean(), fc.boolean()).chain(([{ stack, stackOfB, m, k, n }, flipA, flipB]) =>
      fc.record({
        a: floats([...stack, ...(flipA ? [k, m] : [m, k])]),
        b: floats([...(stackOfB === 'same' ? stack : stack.map(() => 1)), ...(flipB ? [n, k] : [k, n])]),
        flipA: fc.constant({
          dtype: 'float32' as const,
          shape: Array<number>(flipA ? 1 : 0).fill(1),
          data: Float32Array.of(0),
        }),
        flipB: fc.constant({
          dtype: 'float32' as const,
          shape: Array<number>(flipB ? 1 : 0).fill(1),
          data: Float32Array.of(0),
        }),
      }),
    ),
    call: ({ a, b, flipA, flipB }) => tf.matMul(a!, b!, flipA!.rank === 1, flipB!.rank === 1),
    differentiable: ['a', 'b'],
  },
  _FusedMatMul: {
    inputs: matrices.chain(({ m, k, n }) => fc.record({ a: floats([m, k]), b: floats([k, n]), bias: floats([n]) })),
    call: ({ a, b, bias }) => {
      const fused = (activation: 'relu' | 'sigmoid' | 'elu' | 'linear') =>
        tf.fused.matMul({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, bias: bias!, activation });
      return tf.addN([fused('relu'), fused('sigmoid'), fused('elu'), fused('linear')]);
    },
    differentiable: [],
  },

  Sum: reduction((x, axes, keep) => tf.sum(x, axes, keep)),
  Mean: reduction((x, axes, keep) => tf.mean(x, axes, keep)),
  Prod: reduction((x, axes, keep) => tf.prod(x, axes, keep), { ...constant, tolerance: 1e-4 }),
  Max: reduction((x, axes, keep) => tf.max(tf.add(x, nudge(x)), axes, keep)),
  Min: reduction((x, axes, keep) => tf.min(tf.add(x, nudge(x)), axes, keep)),
  All: reduction((x, axes, keep) => tf.all(tf.greater(x, -2), axes, keep), constant),
  Any: reduction((x, axes, keep) => tf.any(tf.greater(x, 2), axes, keep), constant),
  ArgMax: reduction((x) => tf.argMax(tf.add(x, nudge(x)), -1), constant),
  ArgMin: reduction((x) => tf.argMin(tf.add(x, nudge(x)), 0), constant),
  AddN: binary((a, b) => tf.addN([tf.mul(a, b), tf.mul(b, a), tf.add(a, b)]), { dtypes: ['float32'] }),
  Cumsum: reduction((x) => tf.cumsum(x, axisOf(x), x.rank % 2 === 0, x.size % 2 === 0)),
  Softmax: reduction((x) => tf.softmax(x)),
  LogSoftmax: reduction((x) => tf.logSoftmax(x)),
  TopK: reduction((x) => tf.topk(tf.add(x, nudge(x)), 1).values, constant),

  GatherV2: {
    inputs: fc.tuple(shapes({ minRank: 1 }), fc.integer({ min: 0, max: 2 })).chain(([shape, rank]) =>
      fc.record({
        x: floats(shape),
        indices: integers([2, 3].slice(0, rank), fc.integer({ min: 0, max: shape.at(-1)! - 1 })),
      }),
    ),
    call: ({ x, indices }) => tf.gather(x!, indices!, axisOf(x!)),
    differentiable: ['x'],
  },
  UnsortedSegmentSum: {
    inputs: shapes({ minRank: 1 }).chain((shape) =>
      fc.record({ x: floats(shape), ids: integers(shape.slice(0, 1), fc.integer({ min: 0, max: 2 })) }),
    ),
    call: ({ x, ids }) => tf.unsortedSegmentSum(x!, ids as tf.Tensor1D, 4),
    differentiable: ['x'],
  },
  OneHot: {
    inputs: shapes({ maxRank: 2 }).chain((shape) =>
      fc.record({ indices: integers(shape, fc.integer({ min: 0, max: 3 })), weights: floats([4]) }),
    ),
    call: ({ indices, weights }) => tf.mul(tf.oneHot(indices!, 4, 2, -1), weights!),
    differentiable: ['weights'],
  },
};

/** Small distinct numbers that prevent ties, because engines may choose any gradient for a tie. */
function nudge(x: tf.Tensor): tf.Tensor {
  const numbers = Float32Array.from({ length: x.size }, (_, index) => ((index * 7919) % 97) / 1000 + 0.0005);
  return x.dtype === 'int32' ? tf.zerosLike(x) : tf.tensor(numbers, x.shape);
}
