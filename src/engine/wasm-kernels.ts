import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { getKernel, type KernelFunc, registerKernel, type TensorInfo } from '@tensorflow/tfjs-core';
import { replaceKernel } from './replace-kernel.ts';

/**
 * Completes the WebAssembly backend, whose module must be loaded: adds the kernel it lacks for the gradient
 * of `gather`, and replaces two that are slow for what models do. Later calls do nothing.
 */
export function registerWasmKernels(): void {
  if (getKernel('UnsortedSegmentSum', 'wasm')) return;
  registerKernel({ kernelName: 'UnsortedSegmentSum', backendName: 'wasm', kernelFunc: sumSegments });
  replaceKernel('GatherV2', 'wasm', gatheringRows);
  replaceKernel('BatchMatMul', 'wasm', transposingFirst);
}

/** ScatterNd adds up what falls on the same row, which is what a segment sum is. */
const sumSegments: KernelFunc = ({ inputs, attrs, backend }) => {
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
