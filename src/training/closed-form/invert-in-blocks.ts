import { matMul, sub, type Tensor2D } from '@tensorflow/tfjs-core';
import type { CompiledFunction, Engine } from '../../engine/engine.ts';
import { floatTensor } from '../../engine/host-tensor.ts';

/** The number of rows that are eliminated together. Inverting such a block takes a few milliseconds. */
const blockSize = 128;
/** Multiplications and additions in one run, a few milliseconds on the onnx engine. */
const productsPerRun = 1 << 25;

/**
 * Inverts a symmetric positive definite matrix `[size, size]` in place, row-major, by Gauss–Jordan elimination of a
 * block of rows at a time. Without pivoting this is stable for such matrices.
 *
 * Nearly all of the work, 2·size³ operations, is in products of matrices, which the engine computes in float32. Each
 * run of the engine has its own turn of the event loop. Throws the signal's reason when it aborts.
 */
export async function invertInBlocks(
  matrix: Float32Array,
  size: number,
  engine: Engine,
  { block = blockSize, signal }: { readonly block?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const compiled = await engine.compile({
    fn: (_, inputs) => {
      const { rows, column, pivots } = inputs as Record<'rows' | 'column' | 'pivots', Tensor2D>;
      return { left: sub(rows, matMul(column, pivots)) };
    },
    parameters: {},
    inputs: {
      rows: { dtype: 'float32', shape: ['rows', size] },
      column: { dtype: 'float32', shape: ['rows', 'block'] },
      pivots: { dtype: 'float32', shape: ['block', size] },
    },
  });
  try {
    for (let start = 0; start < size; start += block) {
      await eliminate({ matrix, size, start, end: Math.min(start + block, size), compiled, signal });
    }
  } finally {
    compiled.dispose();
  }
}

interface Elimination {
  readonly matrix: Float32Array;
  readonly size: number;
  /** The rows and columns of the block, from `start` to before `end`. */
  readonly start: number;
  readonly end: number;
  readonly compiled: CompiledFunction;
  readonly signal: AbortSignal | undefined;
}

/**
 * Eliminates one block K. With A as it is, `P = A[K,K]⁻¹` and `R = P·A[K,:]`, in which the columns K are P itself, every
 * other row i becomes `A[i,:] − A[i,K]·R`, in which the columns K of A are 0, and the rows K become R.
 */
async function eliminate({ matrix, size, start, end, compiled, signal }: Elimination): Promise<void> {
  const width = end - start;
  const inverse = inverseOf(takeColumns(matrix, size, { from: start, to: end, start, end }), width);
  const subtract = async (rows: Float32Array, column: Float32Array, pivots: Float32Array) => {
    signal?.throwIfAborted();
    const count = rows.length / size;
    const output = await compiled.run({
      rows: floatTensor([count, size], rows),
      column: floatTensor([count, width], column),
      pivots: floatTensor([width, size], pivots),
    });
    return output.left?.data as Float32Array;
  };
  const own = matrix.subarray(start * size, end * size);
  const pivots = await subtract(
    new Float32Array(own.length),
    inverse.map((value) => -value),
    own,
  );
  for (let row = 0; row < width; row++) {
    pivots.set(inverse.subarray(row * width, (row + 1) * width), row * size + start);
  }
  const rowsPerRun = Math.max(1, Math.floor(productsPerRun / (width * size)));
  for (let from = 0; from < size; ) {
    if (from === start) from = end;
    const limit = from < start ? start : size;
    const to = Math.min(from + rowsPerRun, limit);
    if (from === to) break;
    const column = takeColumns(matrix, size, { from, to, start, end });
    const rows = matrix.subarray(from * size, to * size);
    rows.set(await subtract(rows, column, pivots));
    from = to;
  }
  own.set(pivots);
}

/** Returns the columns `start` to before `end` of the rows `from` to before `to`, and sets them to 0. */
function takeColumns(
  matrix: Float32Array,
  size: number,
  { from, to, start, end }: { from: number; to: number; start: number; end: number },
): Float32Array {
  const width = end - start;
  const taken = new Float32Array((to - from) * width);
  for (let row = from; row < to; row++) {
    const columns = matrix.subarray(row * size + start, row * size + end);
    taken.set(columns, (row - from) * width);
    columns.fill(0);
  }
  return taken;
}

/** Returns the inverse of a small matrix, computed in float64 by Gauss–Jordan elimination. */
function inverseOf(block: Float32Array, size: number): Float32Array {
  const matrix = Float64Array.from(block);
  for (let pivot = 0; pivot < size; pivot++) {
    const own = matrix.subarray(pivot * size, (pivot + 1) * size);
    const scale = 1 / own[pivot]!;
    own[pivot] = 1;
    for (let column = 0; column < size; column++) own[column]! *= scale;
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue;
      const other = matrix.subarray(row * size, (row + 1) * size);
      const factor = other[pivot]!;
      other[pivot] = 0;
      for (let column = 0; column < size; column++) other[column]! -= factor * own[column]!;
    }
  }
  return Float32Array.from(matrix);
}
