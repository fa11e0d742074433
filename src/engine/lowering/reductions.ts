import { util } from '@tensorflow/tfjs-core';
import type { Value } from '../ir/graph.ts';
import type { GraphBuilder } from '../ir/graph-builder.ts';
import { cast, kernel, type Lowering, listKernel, shapeOf } from './lowering.ts';

type Axes = number | number[];
type Reducer = 'ReduceMax' | 'ReduceMean' | 'ReduceMin' | 'ReduceProd' | 'ReduceSum';

/** Kernels that reduce axes or run along an axis. */
export const reductionLowerings = {
  Sum: kernel<'x', { axis: Axes; keepDims: boolean }>(({ x }, graph, { axis, keepDims }) =>
    reduce(graph, 'ReduceSum', x, axis, keepDims),
  ),
  // In tfjs, the mean of integers is a float.
  Mean: kernel<'x', { axis: Axes; keepDims: boolean }>(({ x }, graph, { axis, keepDims }) =>
    reduce(graph, 'ReduceMean', cast(graph, x, 'float32'), axis, keepDims),
  ),
  Prod: kernel<'x', { axis: Axes; keepDims: boolean }>(({ x }, graph, { axis, keepDims }) =>
    reduce(graph, 'ReduceProd', x, axis, keepDims),
  ),
  Max: kernel<'x', { reductionIndices: Axes; keepDims: boolean }>(({ x }, graph, { reductionIndices, keepDims }) =>
    reduce(graph, 'ReduceMax', x, reductionIndices, keepDims),
  ),
  Min: kernel<'x', { axis: Axes; keepDims: boolean }>(({ x }, graph, { axis, keepDims }) =>
    reduce(graph, 'ReduceMin', x, axis, keepDims),
  ),
  All: kernel<'x', { axis: Axes; keepDims: boolean }>(({ x }, graph, { axis, keepDims }) =>
    cast(graph, reduce(graph, 'ReduceMin', cast(graph, x, 'int32'), axis, keepDims), 'bool'),
  ),
  Any: kernel<'x', { axis: Axes; keepDims: boolean }>(({ x }, graph, { axis, keepDims }) =>
    cast(graph, reduce(graph, 'ReduceMax', cast(graph, x, 'int32'), axis, keepDims), 'bool'),
  ),
  ArgMax: kernel<'x', { axis: number }>(({ x }, graph, { axis }) =>
    graph.emit('ArgMax', [x], { axis: positive(axis, x) }),
  ),
  ArgMin: kernel<'x', { axis: number }>(({ x }, graph, { axis }) =>
    graph.emit('ArgMin', [x], { axis: positive(axis, x) }),
  ),
  AddN: listKernel((inputs, graph) => (inputs.length === 1 ? inputs[0]! : graph.emit('Sum', inputs))),
  Cumsum: kernel<'x', { axis: number; exclusive: boolean; reverse: boolean }>(
    ({ x }, graph, { axis, exclusive, reverse }) =>
      graph.emit('CumSum', [x], { axis: positive(axis, x), exclusive, reverse }),
  ),
  Softmax: kernel<'logits', { dim: number }>(({ logits }, graph, { dim }) =>
    graph.emit('Softmax', [logits], { axis: positive(dim, logits) }),
  ),
  LogSoftmax: kernel<'logits', { axis: number }>(({ logits }, graph, { axis }) =>
    graph.emit('LogSoftmax', [logits], { axis: positive(axis, logits) }),
  ),
  TopK: kernel<'x', { k: number; sorted: boolean }>(({ x }, graph, { k }) => graph.emitAll('TopK', [x], { k })),
} as const satisfies Record<string, Lowering>;

function reduce(graph: GraphBuilder, operator: Reducer, x: Value, axis: Axes, keepDimensions: boolean): Value {
  const axes = util.parseAxisParam(axis, shapeOf(x)).sort((a, b) => a - b);
  return axes.length === 0 ? x : graph.emit(operator, [x], { axes, keepDimensions });
}

function positive(axis: number, x: Value): number {
  return util.parseAxisParam(axis, shapeOf(x))[0]!;
}
