import type { FoundRows, Place } from '../../src/retrieval/best-rows.ts';
import { VectorTable } from '../../src/retrieval/vector-table.ts';

/** A table, and the numbers that were written to it. */
export interface Filled {
  readonly table: VectorTable;
  readonly vectors: Float32Array;
  readonly ids: Int32Array;
}

// Jest makes each use of a global slow.
const { imul } = Math;

/** Returns a generator of numbers from 0 to 1 (mulberry32), which is fast. */
export function quickRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns vectors `[rows, width]` whose columns are of sizes from 0.01 to 3, like those of models. */
export function randomVectors(seed: number, rows: number, width: number): Float32Array {
  const uniform = quickRandom(seed);
  const sizes = Float64Array.from({ length: width }, (_, column) => [1, 0.01, 3, 0.2][column % 4] as number);
  const vectors = new Float32Array(rows * width);
  for (let at = 0; at < vectors.length; at++) {
    // The sum of four uniform numbers is nearly normal.
    vectors[at] = (sizes[at % width] as number) * (uniform() + uniform() + uniform() + uniform() - 2);
  }
  return vectors;
}

export interface FilledOptions {
  readonly seed?: number;
  /** See `VectorTable`. */
  readonly maxFloats?: number | undefined;
}

/** Returns a table of random vectors. IDs descend with the rows. */
export function filledTable(rows: number, width: number, { seed = 1, maxFloats }: FilledOptions = {}): Filled {
  return tableOf(randomVectors(seed, rows, width), width, { maxFloats });
}

/** Returns a table of vectors `[rows, width]`. IDs descend with the rows. */
export function tableOf(vectors: Float32Array, width: number, { maxFloats }: Pick<FilledOptions, 'maxFloats'>): Filled {
  const table = new VectorTable(width, maxFloats);
  const rows = vectors.length / width;
  const ids = Int32Array.from({ length: rows }, (_, row) => 3 * (rows - row));
  for (let start = 0; start < rows; start += 2000) {
    const own = Int32Array.from({ length: Math.min(2000, rows - start) }, (_, row) => start + row);
    const part = vectors.subarray(start * width, (start + own.length) * width);
    table.set(
      own,
      own.map((row) => ids[row] as number),
      part,
    );
  }
  return { table, vectors, ids };
}

/** Returns the inner products in double precision. */
export function productsOf(vectors: Float32Array, query: Float32Array): Float64Array {
  const width = query.length;
  return Float64Array.from({ length: vectors.length / width }, (_, row) => {
    let sum = 0;
    for (let at = 0; at < width; at++) sum += (vectors[row * width + at] as number) * (query[at] as number);
    return sum;
  });
}

/** Returns the first `count` rows that can be found, by descending product and then by ascending ID. */
export function bestOf(
  { vectors, ids }: Filled,
  query: Float32Array,
  count: number,
  canBeFound: (row: number, score: number) => boolean = () => true,
): { readonly rows: number[]; readonly scores: Float64Array } {
  const scores = productsOf(vectors, query);
  const rows = [...scores.keys()].filter((row) => canBeFound(row, scores[row] as number));
  rows.sort((a, b) => (scores[b] as number) - (scores[a] as number) || (ids[a] as number) - (ids[b] as number));
  return { rows: rows.slice(0, count), scores };
}

/** Returns the share of the expected rows that were found. */
export function recall({ rows }: FoundRows, expected: readonly number[]): number {
  const found = new Set(rows);
  return expected.filter((row) => found.has(row)).length / expected.length;
}

/** Returns the place of the last row that was found. */
export function lastPlace({ rows, scores }: FoundRows, { ids }: Filled): Place {
  return { score: scores.at(-1) as number, id: ids[rows.at(-1) as number] as number };
}
