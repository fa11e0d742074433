import { describe, expect, test } from '@jest/globals';
import { VectorSearch } from '../../src/retrieval/vector-search.ts';
import { VectorTable } from '../../src/retrieval/vector-table.ts';

const search = new VectorSearch();

/** Returns the rows and the scores for a query, the best first. */
async function found(table: VectorTable, ...query: number[]) {
  const { rows, scores } = await search.topK(table, { vector: Float32Array.from(query), count: 10 });
  return [...rows].map((row, place) => [row, Math.round((scores[place] as number) * 100) / 100]);
}

describe('a table of vectors', () => {
  test('grows, and finds only rows that have vectors', async () => {
    const table = new VectorTable(2);
    expect(await found(table, 1, 1)).toEqual([]);
    table.set([0, 20_000], [1, 2], Float32Array.of(1, 2, 3, 4));
    expect([table.rows, table.has(0), table.has(1), table.has(20_000), table.has(30_000)]).toEqual([
      20_001,
      true,
      false,
      true,
      false,
    ]);
    expect(await found(table, 1, 1)).toEqual([
      [20_000, 7],
      [0, 3],
    ]);
  });

  test('replaces the vectors of rows', async () => {
    const table = new VectorTable(2);
    table.set([0, 1], [1, 2], Float32Array.of(1, 2, 3, 4));
    table.set([0], [1], Float32Array.of(50, -1));
    expect(await found(table, 1, 0)).toEqual([
      [0, 50],
      [1, 3],
    ]);
  });

  test('removes the vectors of rows, also of those that it encodes again later', async () => {
    const table = new VectorTable(2);
    table.set([0, 1, 2], [1, 2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
    const before = found(table, 1, 1);
    table.remove([1, 7, 30_000]);
    expect(await before).toEqual([
      [2, 11],
      [1, 7],
      [0, 3],
    ]);
    expect(table.has(1)).toBe(false);
    table.set([3], [4], Float32Array.of(100, 0));
    expect(await found(table, 1, 1)).toEqual([
      [3, 100],
      [2, 11],
      [0, 3],
    ]);
    table.set([1], [2], Float32Array.of(4, 4));
    expect((await found(table, 1, 1))[2]).toEqual([1, 8]);
  });

  test('keeps vectors of zeros, and columns that were zero at first', async () => {
    const table = new VectorTable(2);
    table.set([0, 1], [1, 2], Float32Array.of(0, 0, 0, 5));
    table.set([2, 3], [3, 4], Float32Array.of(7, 1e-3, -7, 0));
    expect(await found(table, 1, 1)).toEqual([
      [2, 7],
      [1, 5],
      [0, 0],
      [3, -7],
    ]);
  });

  test('scores vectors as well if they came one by one, with growing numbers, as if they came at once', async () => {
    const [one, all] = [new VectorTable(3), new VectorTable(3)];
    const rows = Int32Array.from({ length: 300 }, (_, row) => row);
    const vectors = Float32Array.from({ length: 900 }, (_, at) => Math.sin(at) * 1.02 ** (at / 3));
    all.set(rows, rows, vectors);
    for (const row of rows) one.set([row], [row], vectors.subarray(3 * row, 3 * row + 3));
    const query = { vector: Float32Array.of(1, -2, 0.5), count: 300 };
    const [fromOne, fromAll] = [await search.topK(one, query), await search.topK(all, query)];
    const scores = new Map([...fromAll.rows].map((row, place) => [row, fromAll.scores[place] as number]));
    for (const [place, row] of fromOne.rows.entries()) {
      const length = Math.hypot(...vectors.subarray(3 * row, 3 * row + 3));
      const error = Math.abs((fromOne.scores[place] as number) - (scores.get(row) as number));
      expect(error).toBeLessThan(1e-3 * length);
    }
  });

  test('shows a search in progress none of the changes that are made meanwhile', async () => {
    const table = new VectorTable(2);
    table.set([0, 1], [1, 2], Float32Array.of(1, 2, 3, 4));
    const before = found(table, 1, 1);
    table.set([0, 2, 9000], [1, 3, 4], Float32Array.of(100, 100, 8, 8, 9, 9));
    expect(await before).toEqual([
      [1, 7],
      [0, 3],
    ]);
    expect((await found(table, 1, 1)).map(([row]) => row)).toEqual([0, 9000, 2, 1]);
  });

  test('refuses numbers that are not finite and vectors of another width, and changes nothing', async () => {
    const table = new VectorTable(2);
    table.set([0], [1], Float32Array.of(1, 2));
    expect(() => table.set([0, 1], [1, 7], Float32Array.of(5, 5, 1, Number.NaN))).toThrow(
      new RangeError('Expected finite numbers in the vector of item 7, got NaN.'),
    );
    expect(() => table.set([0], [1], Float32Array.of(5))).toThrow(
      new TypeError('Expected one ID and a vector of 2 numbers for each of 1 rows, got 1 IDs and 1 numbers.'),
    );
    expect(await found(table, 1, 1)).toEqual([[0, 3]]);
  });
});
