import { beforeEach, describe, expect, test } from '@jest/globals';
import { ItemTable } from '../../src/live-catalog/item-table.ts';
import type { Embeddings } from '../../src/models/recommender.ts';
import { VectorSearch } from '../../src/retrieval/vector-search.ts';
import type { VectorTable } from '../../src/retrieval/vector-table.ts';
import type { ItemEmbeddings } from '../../src/serving/item-embeddings.ts';
import { ItemVectors } from '../../src/serving/item-vectors.ts';
import { VectorIndex } from '../../src/serving/vector-index.ts';

describe('the vectors of items', () => {
  let items: ItemTable;
  let vectors: ItemVectors;
  /** How often vectors were computed, and how many of them. */
  let runs: number;
  let computed: number;
  /** The rows whose vectors are not finite. */
  const broken = new Set<number>();
  /** Computing waits for this. */
  let gate: Promise<void>;
  const search = new VectorSearch();

  /** The revision of each row as it was stored. It is the first number of the vector. */
  const stored: number[] = [];
  const put = (row: number, revision: number) => {
    stored[row] = revision;
    items.put([row + 1, `i${row}`, 'Item', {}, true, revision, 0, 0]);
  };
  const putAll = (rows: number, revision: number) => {
    for (let row = 0; row < rows; row++) put(row, revision);
  };
  const embeddings = {
    async compute(rows: readonly number[]): Promise<Embeddings> {
      await gate;
      runs++;
      computed += rows.length;
      const data = rows.flatMap((row) => [broken.has(row) ? Number.NaN : (stored[row] as number), row % 7]);
      return { rows: rows.length, width: 2, data: Float32Array.from(data) };
    },
  } as unknown as ItemEmbeddings;
  /** Returns the revision that each row's vector is of; 0 for a row without one. */
  const revisionsIn = async ({ table }: VectorIndex) => {
    const { rows, scores } = await search.topK(table as VectorTable, {
      vector: Float32Array.of(1, 0),
      count: items.rows,
    });
    const revisions = Array.from({ length: items.rows }, () => 0);
    for (const [at, row] of rows.entries()) revisions[row] = Math.round(scores[at] as number);
    return revisions;
  };
  const all = (revision: number) => Array.from({ length: items.rows }, () => revision);
  /** Makes computing wait until the returned function is called. */
  const block = () => {
    let release = () => {};
    gate = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  };

  beforeEach(() => {
    items = new ItemTable();
    vectors = new ItemVectors(items, embeddings, new VectorIndex(items, (embedded) => embedded));
    [runs, computed, gate] = [0, 0, Promise.resolve()];
    broken.clear();
  });

  test('are complete for the first list, however many there are', async () => {
    putAll(2000, 1);
    expect(await revisionsIn(await vectors.current())).toEqual(all(1));
  });

  test('stay the earlier ones during a large change', async () => {
    putAll(2000, 1);
    await vectors.all();
    putAll(2000, 2);
    const release = block();
    expect(await revisionsIn(await vectors.current())).toEqual(all(1));
    release();
    expect(await revisionsIn(await vectors.all())).toEqual(all(2));
  });

  test('have a small change at once, also one that is made during another', async () => {
    putAll(2000, 1);
    await vectors.all();
    put(5, 2);
    const release = block();
    const first = vectors.current();
    put(6, 2);
    const second = vectors.current();
    release();
    await first;
    expect((await revisionsIn(await second)).slice(4, 8)).toEqual([1, 2, 2, 1]);
  });

  test('do not wait for a large change that is made during a small one', async () => {
    putAll(2000, 1);
    await vectors.all();
    put(5, 2);
    const release = block();
    const small = vectors.current();
    putAll(2000, 3);
    const large = vectors.current();
    release();
    await small;
    const releaseLarge = block();
    // The vector of the small change was computed after the large change.
    expect((await revisionsIn(await large)).slice(4, 7)).toEqual([1, 3, 1]);
    releaseLarge();
    expect(await revisionsIn(await vectors.all())).toEqual(all(3));
  });

  test('are computed once, however many lists need them', async () => {
    putAll(2000, 1);
    await Promise.all(Array.from({ length: 100 }, () => vectors.current()));
    expect(computed).toBe(2000);
    putAll(2000, 2);
    for (let list = 0; list < 100; list++) await vectors.current();
    await vectors.all();
    expect([computed, runs]).toEqual([4000, 8]);
  });

  test('are computed for the items that have changed or are new, and not for those that were removed', async () => {
    putAll(2000, 1);
    await vectors.all();
    [computed, runs] = [0, 0];
    put(1999, 2);
    put(3, 2);
    put(3, 4);
    items.remove(11);
    put(2000, 7);
    const revisions = await revisionsIn(await vectors.current());
    expect(computed).toBe(3);
    expect([revisions[3], revisions[10], revisions[1999], revisions[2000]]).toEqual([4, 1, 2, 7]);
    await vectors.all();
    expect(computed).toBe(3);
  });

  test('are looked for once for each change, however many lists need them', async () => {
    putAll(2000, 1);
    await vectors.all();
    putAll(2000, 2);
    let scans = 0;
    Object.defineProperty(items, 'rows', { get: () => ++scans && 2000 });
    const release = block();
    for (let list = 0; list < 200; list++) await vectors.current();
    expect(scans).toBe(1);
    release();
    await vectors.all();
  });

  test('are missing for an item whose new vector is not finite, until it has another', async () => {
    putAll(10, 1);
    await vectors.all();
    broken.add(3);
    put(3, 2);
    put(4, 2);
    expect(await revisionsIn(await vectors.current())).toEqual([1, 1, 1, 0, 2, 1, 1, 1, 1, 1]);
    broken.clear();
    put(3, 3);
    expect(await revisionsIn(await vectors.current())).toEqual([1, 1, 1, 3, 2, 1, 1, 1, 1, 1]);
  });

  test('are computed again after a failure', async () => {
    putAll(2000, 1);
    gate = Promise.reject(new Error('out of memory'));
    await expect(vectors.current()).rejects.toThrow('out of memory');
    gate = Promise.resolve();
    expect(await revisionsIn(await vectors.current())).toEqual(all(1));
  });
});
