import { backend_util, slice_util, type Tensor, util } from '@tensorflow/tfjs-core';
import { sizeOf } from '../host-tensor.ts';
import type { Value } from '../ir/graph.ts';
import { constantData } from '../ir/graph-builder.ts';
import { filled, kernel, type Lowering, listKernel, reshape, shapeOf } from './lowering.ts';

/** Kernels that create, move, join and cut arrays. */
export const shapingLowerings = {
  Fill: (_inputs, attributes, graph) => {
    const { shape, value, dtype } = attributes as { shape: number[]; value: number; dtype?: Value['dtype'] };
    return filled(graph, shape, value, dtype ?? 'float32');
  },
  Range: (_inputs, attributes, graph) => {
    const { start, stop, step, dtype } = attributes as Record<string, number> & { dtype: Value['dtype'] };
    const length = Math.max(0, Math.ceil((stop! - start!) / step!));
    const numbers = Array.from({ length }, (_, index) => start! + index * step!);
    return graph.constant(dtype, [length], constantData(dtype, numbers));
  },
  Reshape: kernel<'x', { shape: number[] }>(({ x }, graph, { shape }) =>
    reshape(graph, x, util.inferFromImplicitShape(shape, sizeOf(shapeOf(x)))),
  ),
  ExpandDims: kernel<'input', { dim: number }>(({ input }, graph, { dim }) => {
    const shape = shapeOf(input);
    shape.splice(dim < 0 ? shape.length + dim + 1 : dim, 0, 1);
    return reshape(graph, input, shape);
  }),
  Transpose: kernel<'x', { perm: number[] }>(({ x }, graph, { perm }) =>
    graph.emit('Transpose', [x], { permutation: perm }),
  ),
  Slice: kernel<'x', { begin: number | number[]; size: number | number[] }>(({ x }, graph, { begin, size }) => {
    const [starts, sizes] = slice_util.parseSliceParams({ ...x, shape: shapeOf(x) } as unknown as Tensor, begin, size);
    const axes = shapeOf(x).flatMap((full, axis) => (sizes![axis] === full ? [] : [axis]));
    if (axes.length === 0) return x;
    return graph.emit('Slice', [x], {
      axes,
      starts: axes.map((axis) => starts![axis]!),
      ends: axes.map((axis) => starts![axis]! + sizes![axis]!),
    });
  }),
  Concat: listKernel<{ axis: number }>((inputs, graph, { axis }) => {
    const positive = util.parseAxisParam(axis, shapeOf(inputs[0]!))[0]!;
    const filledInputs = inputs.filter(({ shape }) => shape[positive] !== 0);
    if (filledInputs.length === 1) return filledInputs[0]!;
    return graph.emit('Concat', filledInputs.length === 0 ? inputs.slice(0, 1) : filledInputs, {
      axis: positive,
    });
  }),
  SplitV: kernel<'x', { numOrSizeSplits: number | number[]; axis: number }>(({ x }, graph, attributes) => {
    const axis = util.parseAxisParam(attributes.axis, shapeOf(x))[0]!;
    const like = { ...x, shape: shapeOf(x) } as unknown as Tensor;
    const sizes = backend_util.prepareSplitSize(like, attributes.numOrSizeSplits, axis);
    return graph.emitAll('Split', [x], { axis, sizes });
  }),
  Pack: listKernel<{ axis: number }>((inputs, graph, { axis }) => {
    const shape = shapeOf(inputs[0]!);
    shape.splice(axis < 0 ? shape.length + axis + 1 : axis, 0, 1);
    const raised = inputs.map((input) => reshape(graph, input, shape));
    return raised.length === 1
      ? raised[0]!
      : graph.emit('Concat', raised, { axis: axis < 0 ? shape.length + axis : axis });
  }),
  Unpack: kernel<'value', { axis: number }>(({ value }, graph, attributes) => {
    const shape = shapeOf(value);
    const axis = util.parseAxisParam(attributes.axis, shape)[0]!;
    const lowered = shape.filter((_, index) => index !== axis);
    const pieces = graph.emitAll('Split', [value], { axis, sizes: Array<number>(shape[axis]!).fill(1) });
    return pieces.map((piece) => reshape(graph, piece, lowered));
  }),
  // Repeating an axis of size 1 is broadcasting, which the next operators can do without a copy.
  Tile: kernel<'x', { reps: number[] }>(({ x }, graph, { reps }) => {
    const shape = shapeOf(x);
    const broadcasts = reps.every((count, axis) => count === 1 || shape[axis] === 1);
    return broadcasts
      ? graph.emit('Expand', [x], { shape: shape.map((size, axis) => size * reps[axis]!) })
      : graph.emit('Tile', [x], { repeats: reps });
  }),
  PadV2: kernel<'x', { paddings: [number, number][]; constantValue: number }>(({ x }, graph, attributes) =>
    graph.emit('Pad', [x], {
      before: attributes.paddings.map(([before]) => before),
      after: attributes.paddings.map(([, after]) => after),
      value: attributes.constantValue,
    }),
  ),
  Reverse: kernel<'x', { dims: number | number[] }>(({ x }, graph, { dims }) =>
    graph.emit('Reverse', [x], { axes: util.parseAxisParam(dims, shapeOf(x)) }),
  ),
} as const satisfies Record<string, Lowering>;
