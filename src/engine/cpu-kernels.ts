import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { getKernel, type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { replaceKernel } from './replace-kernel.ts';

/**
 * Replaces the one kernel of the JavaScript backend that takes minutes in a training step, the gradient of
 * `gather`: it compares every row with every segment. The backend must be registered; later calls do nothing.
 */
export function registerCpuKernels(): void {
  if (getKernel('UnsortedSegmentSum', 'cpu').kernelFunc === sumSegments) return;
  replaceKernel('UnsortedSegmentSum', 'cpu', () => sumSegments);
}

/** Adds each row of `x` to the row of the result that its segment names; one outside of the result counts nowhere. */
const sumSegments: KernelFunc = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as MathBackendCPU;
  const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
  const { numSegments } = attrs as unknown as { numSegments: number };
  const [rows, segments] = [x, segmentIds].map(({ dataId }) => backend.readSync(dataId) as Float32Array);
  const shape = [numSegments, ...x.shape.slice(1)];
  const sums = util.makeZerosTypedArray(util.sizeFromShape(shape), x.dtype as 'float32' | 'int32');
  addRows(rows as Float32Array, segments as Float32Array, sums, util.sizeFromShape(x.shape.slice(1)));
  return backend.makeTensorInfo(shape, x.dtype, sums);
};

function addRows(
  rows: ArrayLike<number>,
  segments: ArrayLike<number>,
  sums: Float32Array | Int32Array,
  width: number,
): void {
  for (let row = 0; row < segments.length; row++) {
    const [source, target] = [row * width, (segments[row] as number) * width];
    if (target < 0 || target >= sums.length) continue;
    for (let column = 0; column < width; column++) {
      sums[target + column] = (sums[target + column] as number) + (rows[source + column] as number);
    }
  }
}
