import { afterAll, describe, expect, test } from '@jest/globals';
import { ItemTable } from '../../src/live-catalog/item-table.ts';
import type { Embeddings } from '../../src/models/recommender.ts';
import { VectorSearch } from '../../src/retrieval/vector-search.ts';
import type { ItemEmbeddings } from '../../src/serving/item-embeddings.ts';
import { VectorIndex } from '../../src/serving/vector-index.ts';

const width = 4;

describe('an index of vectors', () => {
  const search = new VectorSearch();
  afterAll(() => search.close());

  /** Items of the same kind have the same embedding. */
  const embeddingsOf = (kindOf: (row: number) => number) =>
    ({
      async embed(rows: ArrayLike<number>): Promise<Embeddings> {
        const data = Float32Array.from({ length: rows.length * width }, (_, at) =>
          Math.sin(1 + kindOf(rows[Math.floor(at / width)] as number) * width + (at % width)),
        );
        return { rows: rows.length, width, data };
      },
    }) as ItemEmbeddings;
  const embeddings = embeddingsOf((row) => row);

  /** The table of an index keeps the numbers of at most this many rows as they are: 2^21 numbers. */
  const exactRows = 2 ** 21 / width;

  const filled = async (rows: number, embeddings: ItemEmbeddings) => {
    const items = new ItemTable();
    for (let row = 0; row < rows; row++) items.put([row + 1, `i${row}`, 'Item', {}, true, 1, 0, 0]);
    const index = new VectorIndex(items, (embedded) => embedded);
    for (let start = 0; start < rows; start += 50_000) {
      const some = Array.from({ length: Math.min(50_000, rows - start) }, (_, at) => start + at);
      await index.write(some, await embeddings.embed(some));
    }
    return index;
  };

  test.each([
    ['small', 3000],
    ['large', exactRows + 100],
  ])('of a %s catalog has the best of all allowed items after a place, by exact scores', async (_, rows) => {
    const index = await filled(rows, embeddings);
    expect(index.table?.isExact).toBe(rows <= exactRows);
    const vector = Float32Array.of(1, -2, 0.5, 3);
    const allowed = Uint8Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? 0 : 1));
    const { data } = await embeddings.embed(Array.from({ length: rows }, (_, row) => row));
    const truth = Array.from({ length: rows }, (_, row) => ({
      row,
      score: Math.fround(vector.reduce((sum, x, at) => sum + x * (data[row * width + at] as number), 0)),
    }))
      .filter(({ row }) => allowed[row] === 1)
      .sort((a, b) => b.score - a.score || a.row - b.row);
    const place = truth[9] as (typeof truth)[number];
    for (const [after, expected] of [
      [undefined, truth.slice(0, 20)],
      [{ score: place.score, id: place.row + 1 }, truth.slice(10, 30)],
    ] as const) {
      const found = await index.best(search, embeddings, { vector, limit: 20, allowed, after });
      const scores = new Map(Array.from(found.rows, (row, at) => [row, found.scores[at]]));
      for (const { row, score } of expected) expect(scores.get(row)).toBeCloseTo(score, 5);
    }
  });

  test('of a large catalog does not end at a place among thousands of items with the same vector', async () => {
    const rows = exactRows + 100;
    const twins = embeddingsOf((row) => row % 50);
    const index = await filled(rows, twins);
    const vector = Float32Array.of(1, -2, 0.5, 3);
    const allowed = new Uint8Array(rows).fill(1);
    const first = await index.best(search, twins, { vector, limit: 1, allowed });
    const best = first.scores.toSorted().at(-1) as number;
    const kind = (first.rows[first.scores.indexOf(best)] as number) % 50;
    const after = { score: best, id: 8000 * 50 + kind + 1 };
    const found = await index.best(search, twins, { vector, limit: 38, allowed, after });
    const next = [...found.rows].filter((row) => row % 50 === kind && row + 1 > after.id).toSorted((a, b) => a - b);
    expect(next.slice(0, 38)).toEqual(Array.from({ length: 38 }, (_, at) => after.id - 1 + (at + 1) * 50));
  });

  test('has no items before vectors were written', async () => {
    const index = new VectorIndex(new ItemTable(), (embedded) => embedded);
    const query = { vector: Float32Array.of(1), limit: 5, allowed: Uint8Array.of(1) };
    expect((await index.best(search, embeddings, query)).rows).toHaveLength(0);
  });
});
