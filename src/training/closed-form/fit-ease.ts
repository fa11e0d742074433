import { setImmediate } from 'node:timers/promises';
import type { Engine } from '../../engine/engine.ts';
import type { SparseMatrix } from '../../factors/sparse-matrix.ts';
import { invertInBlocks } from './invert-in-blocks.ts';

export interface EaseOptions {
  /** The weight λ of the L2 penalty, above 0. */
  readonly regularization: number;
  readonly engine: Engine;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Returns the weights B of EASE, `[items, items]`, row-major (Steck 2019, arXiv 1905.03375, eq. 8): with `P = (XᵀX +
 * λI)⁻¹`, `B[i,j] = −P[i,j] / P[j,j]`, and 0 on the diagonal. X is `[users, items]` with 1 for each positive. The row
 * of an item is what a positive of that item adds to the scores of all items.
 *
 * The inverted matrix is `D^(−½)(XᵀX + λI)D^(−½)`, where D is the diagonal: without popular items in the same matrix as
 * rare ones, float32 is precise enough. Holds one array of 4 bytes for each element of B.
 */
export async function fitEase(byUser: SparseMatrix, { regularization, engine, signal }: EaseOptions) {
  const items = byUser.width;
  const matrix = await coOccurrences(byUser);
  const scales = Float64Array.from({ length: items }, (_, item) =>
    Math.sqrt(matrix[item * items + item]! + regularization),
  );
  await forEachRow(items, (row) => {
    const elements = matrix.subarray(row * items, (row + 1) * items);
    elements[row]! += regularization;
    for (let at = 0; at < items; at++) elements[at]! /= scales[row]! * scales[at]!;
  });
  await invertInBlocks(matrix, items, engine, { signal });
  // P = D^(−½) S D^(−½), where S is the inverse.
  const divisors = Float64Array.from({ length: items }, (_, item) => matrix[item * items + item]! / scales[item]!);
  await forEachRow(items, (row) => {
    const elements = matrix.subarray(row * items, (row + 1) * items);
    for (let at = 0; at < items; at++) elements[at] = -elements[at]! / (scales[row]! * divisors[at]!);
    elements[row] = 0;
  });
  return matrix;
}

/** Elements that are computed in one turn of the event loop, a few milliseconds. */
const elementsPerTurn = 1 << 20;

/** Returns XᵀX: how many users like both items of each pair. */
async function coOccurrences({ rows, width, starts, columns }: SparseMatrix): Promise<Float32Array> {
  const counts = new Float32Array(width * width);
  let done = 0;
  for (let row = 0; row < rows; row++) {
    for (let entry = starts[row]!; entry < starts[row + 1]!; entry++) {
      const own = columns[entry]! * width;
      for (let other = starts[row]!; other < starts[row + 1]!; other++) counts[own + columns[other]!]!++;
      done += starts[row + 1]! - starts[row]!;
      if (done < elementsPerTurn) continue;
      done = 0;
      await setImmediate();
    }
  }
  return counts;
}

async function forEachRow(rows: number, visit: (row: number) => void): Promise<void> {
  const rowsPerTurn = Math.max(1, Math.floor(elementsPerTurn / rows));
  for (let row = 0; row < rows; row++) {
    visit(row);
    if (row % rowsPerTurn === rowsPerTurn - 1) await setImmediate();
  }
}
