import type { Embeddings } from '../recommender.ts';

/** The chosen rows, in the order asked for. */
export function selectEmbeddings({ width, data }: Embeddings, rows: ArrayLike<number>): Embeddings {
  const selected = new Float32Array(rows.length * width);
  for (let to = 0; to < rows.length; to++) {
    const from = (rows[to] as number) * width;
    selected.set(data.subarray(from, from + width), to * width);
  }
  return { rows: rows.length, width, data: selected };
}
