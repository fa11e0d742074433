import { cast, gather, reshape, type Tensor, transpose, unsortedSegmentSum, util, zeros } from '@tensorflow/tfjs-core';
import { constantRule, type GradientRule, rule } from './gradient-rule.ts';

/** Kernels that read rows or add up rows by row number. */
export const indexingGradients = {
  GatherV2: rule<'x' | 'indices', { axis: number }>(['x', 'indices'], (dy, { x, indices }, { axis }) => ({
    x: () => {
      const positive = util.parseAxisParam(axis, x.shape)[0]!;
      const rows = cast(reshape(indices, [indices.size]), 'int32');
      const rest = [...x.shape.slice(0, positive), ...x.shape.slice(positive + 1)];
      const order = [positive, ...x.shape.map((_, index) => index).filter((index) => index !== positive)];
      // The gradient is `[before, indices, after]`. The next line moves the indices to the front.
      const flat = reshape(dy, [...x.shape.slice(0, positive), rows.size, ...x.shape.slice(positive + 1)]);
      const first = positive === 0 ? flat : transpose(flat, order);
      const summed = unsortedSegmentSum(reshape(first, [rows.size, ...rest]), rows as never, x.shape[positive]!);
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
  OneHot: constantRule('indices'),
} as const satisfies Record<string, GradientRule>;
