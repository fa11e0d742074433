import { util } from '@tensorflow/tfjs-core';
import type { Value } from '../ir/graph.ts';
import { constantData } from '../ir/graph-builder.ts';
import { cast, filled, kernel, type Lowering, reshape, shapeOf } from './lowering.ts';

/** Kernels that read or write at indices that are data. */
export const indexingLowerings = {
  GatherV2: kernel<'x' | 'indices', { axis: number; batchDims: number }>(({ x, indices }, graph, attributes) => {
    if (attributes.batchDims) throw new TypeError(`gather with batchDims = ${attributes.batchDims} is not lowered`);
    const axis = util.parseAxisParam(attributes.axis, shapeOf(x))[0]!;
    return graph.emit('Gather', [x, cast(graph, indices, 'int32')], { axis });
  }),
  // The gradient of a gather: rows with the same ID add up.
  UnsortedSegmentSum: kernel<'x' | 'segmentIds', { numSegments: number }>(
    ({ x, segmentIds }, graph, { numSegments }) => {
      const zeros = filled(graph, [numSegments, ...shapeOf(x).slice(1)], 0, x.dtype);
      return graph.emit('ScatterAddRows', [zeros, cast(graph, segmentIds, 'int32'), x]);
    },
  ),
  OneHot: kernel<'indices', { depth: number; onValue: number; offValue: number; dtype: Value['dtype'] }>(
    ({ indices }, graph, { depth, onValue, offValue, dtype }) => {
      const classes = Array.from({ length: depth }, (_, index) => index);
      const columns = graph.constant('int32', [depth], constantData('int32', classes));
      const hot = graph.emit('Equal', [reshape(graph, indices, [...shapeOf(indices), 1]), columns]);
      return graph.emit('Where', [hot, graph.scalar(onValue, dtype), graph.scalar(offValue, dtype)]);
    },
  ),
} as const satisfies Record<string, Lowering>;
