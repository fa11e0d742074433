import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import {
  broadcast_util,
  getKernel,
  type KernelFunc,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
  util,
} from '@tensorflow/tfjs-core';

/**
 * Adds the kernel that the WebAssembly backend lacks for the gradient of `gather`, and replaces kernels that are slow for
 * the models of this project, or return what the memory contained before if a sum has no terms. The backend's module
 * must be loaded. Later calls do nothing.
 */
export function registerWasmKernels(): void {
  if (getKernel('UnsortedSegmentSum', 'wasm')) return;
  registerKernel({ kernelName: 'UnsortedSegmentSum', backendName: 'wasm', kernelFunc: sumSegmentsOnWasm });
  replaceKernel('GatherV2', 'wasm', gatheringRows);
  replaceKernel('BatchMatMul', 'wasm', transposingFirst);
  replaceKernel('Sum', 'wasm', sumOfNothing);
}

/**
 * Replaces the kernel of the JavaScript backend for the gradient of `gather`. The original compares every row with
 * every segment, which takes minutes in a training step. The backend must be registered. Later calls do nothing.
 */
export function registerCpuKernels(): void {
  if (getKernel('UnsortedSegmentSum', 'cpu').kernelFunc === sumSegmentsOnCpu) return;
  replaceKernel('UnsortedSegmentSum', 'cpu', () => sumSegmentsOnCpu);
}

/** A segment sum is a ScatterNd: it adds up the updates of the same row. */
const sumSegmentsOnWasm: KernelFunc = ({ inputs, attrs, backend }) => {
  const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
  const { numSegments } = attrs as unknown as { numSegments: number };
  const indices = { ...segmentIds, shape: [...segmentIds.shape, 1] };
  const shape = [numSegments, ...x.shape.slice(1)];
  return runKernel('ScatterNd', { indices, updates: x }, { shape }, backend as BackendWasm);
};

/** Copies whole rows of a matrix. The original computes the source of each element, which takes 20 times as long. */
function gatheringRows(gather: KernelFunc): KernelFunc {
  return (call) => {
    const { x, indices } = call.inputs as { x: TensorInfo; indices: TensorInfo };
    const { axis, batchDims } = call.attrs as unknown as { axis: number; batchDims: number };
    if (x.shape.length !== 2 || axis !== 0 || batchDims !== 0) return gather(call);
    const backend = call.backend as BackendWasm;
    const [rows, width] = x.shape as [number, number];
    // Views of the heap come last, because `makeOutput` can move the heap.
    const output = backend.makeOutput([...indices.shape, width], x.dtype);
    const [to, from, chosen] = [output, x, indices].map((tensor) => backend.typedArrayFromHeap(tensor));
    copyRows(from as Float32Array, to as Float32Array, chosen as Int32Array, { rows, width });
    return output;
  };
}

function copyRows(
  from: Float32Array,
  to: Float32Array,
  chosen: Int32Array,
  { rows, width }: { rows: number; width: number },
): void {
  for (let row = 0; row < chosen.length; row++) {
    const index = chosen[row] as number;
    if (index < 0 || index >= rows) {
      throw new RangeError(`gather: expected a row from 0 to ${rows - 1}, got ${index}.`);
    }
    const [source, target] = [index * width, row * width];
    for (let column = 0; column < width; column++) to[target + column] = from[source + column] as number;
  }
}

/**
 * Transposes operands before the product. The backend multiplies with XNNPACK, but uses a scalar loop if an operand is
 * transposed, as one always is in the gradient of a product. Transposing first costs little in comparison.
 *
 * XNNPACK refuses sums of no products, and the backend would then return what its memory contained before.
 */
function transposingFirst(matMul: KernelFunc): KernelFunc {
  return ({ inputs, attrs, backend: anyBackend }) => {
    const backend = anyBackend as BackendWasm;
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean };
    const left = transposeA ? transpose(a, backend) : a;
    const right = transposeB ? transpose(b, backend) : b;
    const plain = { transposeA: false, transposeB: false };
    const hasTerms = left.shape.at(-1) !== 0;
    const product = hasTerms
      ? matMul({ inputs: { a: left, b: right }, attrs: plain, backend })
      : emptySums(left, right, backend);
    // A kernel must dispose its own intermediate tensors.
    if (transposeA) backend.disposeData(left.dataId);
    if (transposeB) backend.disposeData(right.dataId);
    return product;
  };
}

/** The original leaves the result as it is if there is nothing to add. */
function sumOfNothing(sum: KernelFunc): KernelFunc {
  return (call) => {
    const { x } = call.inputs as { x: TensorInfo };
    const result = sum(call) as TensorInfo;
    if (util.sizeFromShape(x.shape) === 0) (call.backend as BackendWasm).typedArrayFromHeap(result).fill(0);
    return result;
  };
}

/** Returns the product of matrices whose shared dimension is 0. */
function emptySums(left: TensorInfo, right: TensorInfo, backend: BackendWasm): TensorInfo {
  const batch = broadcast_util.assertAndGetBroadcastShape(left.shape.slice(0, -2), right.shape.slice(0, -2));
  const sums = backend.makeOutput([...batch, left.shape.at(-2) as number, right.shape.at(-1) as number], 'float32');
  backend.typedArrayFromHeap(sums).fill(0);
  return sums;
}

function transpose(matrix: TensorInfo, backend: BackendWasm): TensorInfo {
  const axes = matrix.shape.map((_, axis) => axis);
  const perm = [...axes.slice(0, -2), axes.length - 1, axes.length - 2];
  return runKernel('Transpose', { x: matrix }, { perm }, backend);
}

function runKernel(
  name: string,
  inputs: Readonly<Record<string, TensorInfo>>,
  attrs: Readonly<Record<string, number[]>>,
  backend: BackendWasm,
): TensorInfo {
  return getKernel(name, 'wasm').kernelFunc({ inputs, attrs, backend }) as TensorInfo;
}

/** Adds each row of `x` to the row of the result that its segment ID names. Skips a row whose ID is out of range. */
const sumSegmentsOnCpu: KernelFunc = ({ inputs, attrs, backend: anyBackend }) => {
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

/** Replaces a backend's kernel. `improve` receives the original kernel. */
function replaceKernel(kernelName: string, backendName: string, improve: (earlier: KernelFunc) => KernelFunc): void {
  const earlier = getKernel(kernelName, backendName);
  // tfjs only warns about a kernel that is registered twice, so the original must be unregistered first.
  unregisterKernel(kernelName, backendName);
  registerKernel({ ...earlier, kernelFunc: improve(earlier.kernelFunc) });
}
