import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import {
  getKernel,
  type KernelFunc,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
  util,
} from '@tensorflow/tfjs-core';

/**
 * Completes the WebAssembly backend, whose module must be loaded: adds the kernel it lacks for the gradient
 * of `gather`, and replaces two that are slow for what models do. Later calls do nothing.
 */
export function registerWasmKernels(): void {
  if (getKernel('UnsortedSegmentSum', 'wasm')) return;
  registerKernel({ kernelName: 'UnsortedSegmentSum', backendName: 'wasm', kernelFunc: sumSegmentsOnWasm });
  replaceKernel('GatherV2', 'wasm', gatheringRows);
  replaceKernel('BatchMatMul', 'wasm', transposingFirst);
}

/**
 * Replaces the one kernel of the JavaScript backend that takes minutes in a training step, the gradient of
 * `gather`: it compares every row with every segment. The backend must be registered; later calls do nothing.
 */
export function registerCpuKernels(): void {
  if (getKernel('UnsortedSegmentSum', 'cpu').kernelFunc === sumSegmentsOnCpu) return;
  replaceKernel('UnsortedSegmentSum', 'cpu', () => sumSegmentsOnCpu);
}

/** ScatterNd adds up what falls on the same row, which is what a segment sum is. */
const sumSegmentsOnWasm: KernelFunc = ({ inputs, attrs, backend }) => {
  const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
  const { numSegments } = attrs as unknown as { numSegments: number };
  const indices = { ...segmentIds, shape: [...segmentIds.shape, 1] };
  const shape = [numSegments, ...x.shape.slice(1)];
  return runKernel('ScatterNd', { indices, updates: x }, { shape }, backend as BackendWasm);
};

/** The backend works out where each element comes from; rows of a matrix can be copied whole, 20 times faster. */
function gatheringRows(gather: KernelFunc): KernelFunc {
  return (call) => {
    const { x, indices } = call.inputs as { x: TensorInfo; indices: TensorInfo };
    const { axis, batchDims } = call.attrs as unknown as { axis: number; batchDims: number };
    if (x.shape.length !== 2 || axis !== 0 || batchDims !== 0) return gather(call);
    const backend = call.backend as BackendWasm;
    const [rows, width] = x.shape as [number, number];
    // Views of the heap are taken last, since making the output may move it.
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
 * The backend multiplies by XNNPACK, but falls to a scalar loop once an operand is transposed, as one always
 * is in the gradient of a product. Transposing first costs little beside that.
 */
function transposingFirst(matMul: KernelFunc): KernelFunc {
  return ({ inputs, attrs, backend: anyBackend }) => {
    const backend = anyBackend as BackendWasm;
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean };
    const left = transposeA ? transpose(a, backend) : a;
    const right = transposeB ? transpose(b, backend) : b;
    const plain = { transposeA: false, transposeB: false };
    const product = matMul({ inputs: { a: left, b: right }, attrs: plain, backend });
    // What a kernel makes on its way is its own to clear away.
    if (transposeA) backend.disposeData(left.dataId);
    if (transposeB) backend.disposeData(right.dataId);
    return product;
  };
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

/** Adds each row of `x` to the row of the result that its segment names; one outside of the result counts nowhere. */
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

/** Puts a better kernel in the place of a backend's own, which it is given. */
function replaceKernel(
  kernelName: string,
  backendName: string,
  improve: (earlier: KernelFunc) => KernelFunc,
): void {
  const earlier = getKernel(kernelName, backendName);
  // tfjs only warns of a kernel registered twice, so the earlier one is taken away first.
  unregisterKernel(kernelName, backendName);
  registerKernel({ ...earlier, kernelFunc: improve(earlier.kernelFunc) });
}
