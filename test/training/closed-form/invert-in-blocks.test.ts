import { expect, test } from '@jest/globals';
import type { EngineName } from '../../../src/engine/engine.ts';
import { openEngine } from '../../../src/engine/engines.ts';
import { invertInBlocks } from '../../../src/training/closed-form/invert-in-blocks.ts';
import { solveDense } from '../../support/solve-dense.ts';

/** Returns `AᵀA + I`, which is symmetric and positive definite, row-major. */
function positiveDefinite(size: number): Float32Array {
  const numbers = Float32Array.from({ length: size * size }, (_, at) => Math.sin(1 + 2.7 * at + 0.01 * at * at));
  return Float32Array.from({ length: size * size }, (_, at) => {
    const [row, column] = [Math.floor(at / size), at % size];
    let sum = row === column ? 1 : 0;
    for (let k = 0; k < size; k++) sum += (numbers[k * size + row]! * numbers[k * size + column]!) / size;
    return sum;
  });
}

/** Returns the columns of the inverse, each solved by Gaussian elimination with pivoting in float64. */
function inverseColumns(matrix: Float32Array, size: number): number[][] {
  const rows = Array.from({ length: size }, (_, row) => [...matrix.subarray(row * size, (row + 1) * size)]);
  return rows.map((_, column) =>
    solveDense(
      rows,
      rows.map((_row, at) => (at === column ? 1 : 0)),
    ),
  );
}

// The last block of 37 rows is smaller than the others. A single block is the whole matrix.
test.each<[EngineName, number, number]>([
  ['onnx', 37, 8],
  ['wasm', 37, 8],
  ['onnx', 5, 8],
  ['onnx', 16, 8],
])('inverts a matrix: %s, size %d, blocks of %d', async (name, size, block) => {
  const matrix = positiveDefinite(size);
  const expected = inverseColumns(matrix, size);
  await invertInBlocks(matrix, size, await openEngine(name), { block });
  for (const [column, values] of expected.entries()) {
    for (const [row, value] of values.entries()) expect(matrix[row * size + column]).toBeCloseTo(value, 4);
  }
});

test('stops when the signal aborts', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(invertInBlocks(positiveDefinite(4), 4, await openEngine('wasm'), { signal })).rejects.toThrow('enough');
});
