import type { Embeddings } from '../models/recommender.ts';
import { runInChunks } from '../models/run-in-chunks.ts';

/** Rows compared between two turns of the event loop: a few milliseconds. */
const rowsPerTurn = 10_000;

/** The cosine of the angle between `vector` and each row; NaN where one of them is zero. */
export async function cosines(
  vector: Float32Array,
  { rows, width, data }: Embeddings,
): Promise<Float64Array> {
  const all = new Float64Array(rows);
  const length = Math.sqrt(dot(vector, vector, 0, width));
  await runInChunks(rows, rowsPerTurn, async (start, end) => {
    for (let row = start; row < end; row++) {
      const from = row * width;
      const cosine = dot(vector, data, from, width) / (length * lengthOf(data, from, width));
      // Rounding may lead a little beyond.
      all[row] = Math.min(1, Math.max(-1, cosine));
    }
  });
  return all;
}

function dot(vector: Float32Array, data: Float32Array, from: number, width: number): number {
  let sum = 0;
  for (let k = 0; k < width; k++) sum += (vector[k] as number) * (data[from + k] as number);
  return sum;
}

function lengthOf(data: Float32Array, from: number, width: number): number {
  let sum = 0;
  for (let k = 0; k < width; k++) sum += (data[from + k] as number) ** 2;
  return Math.sqrt(sum);
}
