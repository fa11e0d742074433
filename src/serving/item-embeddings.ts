import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';
import { encodeValues } from '../features/encode-features.ts';
import { idField } from '../features/feature-schema.ts';
import type { ItemTable } from '../live-catalog/item-table.ts';
import { runInChunks } from '../models/in-chunks.ts';
import type { Embeddings, Recommender } from '../models/recommender.ts';

/** Items encoded and embedded between two turns of the event loop. */
const rowsPerRun = 500;
/** In a catalog of at most so many items, all vectors are cached as soon as they are computed. */
const smallCatalog = 25_000;
/** Vectors looked up or copied between two turns of the event loop, which takes a few milliseconds. */
const rowsPerTurn = 10_000;

interface CachedVector {
  readonly revision: number;
  readonly vector: Float32Array;
}

/** The item embeddings of one model version. Each is computed once for a revision of an item. */
export class ItemEmbeddings {
  readonly #items: ItemTable;
  readonly #recommender: Recommender;
  /**
   * By row of the catalog. Each vector has size 1. The option `max` would allocate memory for all vectors at once,
   * which takes some 10 ms.
   */
  readonly #vectors: LRUCache<number, CachedVector>;
  /**
   * Lists that need the same items at the same time, such as after a promotion, wait until the first has embedded them.
   */
  readonly #computing = pLimit(1);

  /** Keeps at most `maxCached` vectors and drops the least recently used ones. */
  constructor(items: ItemTable, recommender: Recommender, maxCached: number) {
    this.#items = items;
    this.#recommender = recommender;
    this.#vectors = new LRUCache({ maxSize: maxCached, sizeCalculation: () => 1 });
  }

  /** Returns the embeddings of items by row of the catalog, `[rows.length, width]`, in the order of `rows`. */
  async embed(rows: ArrayLike<number>): Promise<Embeddings> {
    let width = 0;
    let data = new Float32Array();
    await runInChunks(rows.length, rowsPerTurn, async (start, end) => {
      const vectors = await this.#vectorsOf(
        Array.from({ length: end - start }, (_, place) => rows[start + place] as number),
      );
      if (start === 0) {
        width = vectors[0]?.length ?? 0;
        data = new Float32Array(rows.length * width);
      }
      for (const [place, vector] of vectors.entries()) data.set(vector, (start + place) * width);
    });
    return { rows: rows.length, width, data };
  }

  /** Computes embeddings like `embed`, but does not read the cache, and fills it in small catalogs only. */
  async compute(rows: readonly number[]): Promise<Embeddings> {
    const revisions = this.#revisionsOf(rows);
    const computed = await this.#compute(rows);
    if (this.#items.rows <= smallCatalog) this.#keep(rows, revisions, computed);
    return computed;
  }

  #compute(rows: readonly number[]): Promise<Embeddings> {
    const items = this.#items;
    const rowAt = (place: number) => rows[place] as number;
    const encoded = encodeValues(this.#recommender.schema, 'item', rows.length, (name) => {
      if (name === idField) return (place) => items.externalIdOf(rowAt(place));
      const column = items.column(name);
      return (place) => column?.valueOf(rowAt(place));
    });
    return this.#recommender.embedItems(encoded);
  }

  async #vectorsOf(rows: readonly number[]): Promise<Float32Array[]> {
    const found = rows.map((row) => this.#cached(row));
    const missing = rows.filter((_, place) => !found[place]);
    const computed = missing.length > 0 ? await this.#computing(() => this.#computeOnce(missing)) : undefined;
    return found.map((vector, place) => vector ?? (computed?.get(rows[place] as number) as Float32Array));
  }

  #cached(row: number): Float32Array | undefined {
    const cached = this.#vectors.get(row);
    return cached?.revision === this.#items.revisions[row] ? cached?.vector : undefined;
  }

  /** Returns the vectors of all these rows, of which earlier callers may have computed some in the meantime. */
  async #computeOnce(rows: readonly number[]): Promise<Map<number, Float32Array>> {
    const vectors = new Map<number, Float32Array>();
    const missing: number[] = [];
    for (const row of rows) {
      const vector = this.#cached(row);
      if (vector) vectors.set(row, vector);
      else missing.push(row);
    }
    await runInChunks(missing.length, rowsPerRun, async (start, end) => {
      for (const [row, vector] of await this.#embed(missing.slice(start, end))) vectors.set(row, vector);
    });
    return vectors;
  }

  async #embed(rows: readonly number[]): Promise<[row: number, vector: Float32Array][]> {
    const revisions = this.#revisionsOf(rows);
    return this.#keep(rows, revisions, await this.#compute(rows));
  }

  #revisionsOf(rows: readonly number[]): number[] {
    return rows.map((row) => this.#items.revisions[row] as number);
  }

  #keep(
    rows: readonly number[],
    revisions: readonly number[],
    { width, data }: Embeddings,
  ): [row: number, vector: Float32Array][] {
    return rows.map((row, index) => {
      const vector = data.slice(index * width, (index + 1) * width);
      this.#vectors.set(row, { revision: revisions[index] as number, vector });
      return [row, vector];
    });
  }
}
