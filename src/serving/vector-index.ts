import { setImmediate } from 'node:timers/promises';
import type { ItemTable } from '../live-catalog/item-table.ts';
import type { Embeddings } from '../models/recommender.ts';
import type { Place } from '../retrieval/best-rows.ts';
import { exactProduct, lengthOf } from '../retrieval/exact-product.ts';
import { rowsPerChunk } from '../retrieval/vector-chunk.ts';
import type { VectorSearch } from '../retrieval/vector-search.ts';
import { VectorTable } from '../retrieval/vector-table.ts';
import type { ItemEmbeddings } from './item-embeddings.ts';
import { comesAfter } from './top-rows.ts';

/** Returns one vector for each embedded item. They always have the same width. */
export type VectorsOf = (items: Embeddings) => Embeddings | Promise<Embeddings>;

/** What to look for in an index. */
export interface IndexQuery {
  /** `[width]`. A score is its inner product with the vector of an item. */
  readonly vector: Float32Array;
  /** At least so many items are found if there are so many. */
  readonly limit: number;
  /** 1 for each row of the catalog that can be found. */
  readonly allowed: Uint8Array;
  /** Only items that come after this place can be found. */
  readonly after?: Place | undefined;
}

/** Rows of the catalog with their scores, in no order. */
export interface IndexedRows {
  readonly rows: Int32Array;
  readonly scores: Float32Array;
}

/** How many more items than wanted are looked for at first. */
const spare = 32;
/** Products of large tables differ from scores by at most this share of the product of the vectors' lengths. */
const rounding = 1e-4;
/**
 * If so many items have nearly the same score, their order is that of the rounded products. More are scored only if too
 * few of them come after the place.
 */
const maxRescored = 1024;

/** One kind of vectors of items, by row of the catalog, in which the best items for another vector are found. */
export class VectorIndex {
  readonly vectorsOf: VectorsOf;
  readonly #items: ItemTable;
  /** `undefined` until the width is known. */
  #table: VectorTable | undefined;
  #longest = 0;

  constructor(items: ItemTable, vectorsOf: VectorsOf) {
    this.#items = items;
    this.vectorsOf = vectorsOf;
  }

  /** `undefined` as long as no vector was written. */
  get table(): VectorTable | undefined {
    return this.#table;
  }

  /** Writes the vectors of some rows. Items whose vectors are not finite numbers have none, so they are never found. */
  async write(rows: readonly number[], embedded: Embeddings): Promise<void> {
    const { width, data } = await this.vectorsOf(embedded);
    this.#table ??= new VectorTable(width);
    const lengths = rows.map((_, place) => lengthOf(data, place * width, width));
    const finite = [...rows.keys()].filter((place) => Number.isFinite(lengths[place]));
    if (finite.length < rows.length) this.#table.remove(rows.filter((_, place) => !Number.isFinite(lengths[place])));
    for (const places of byChunk(finite, rows)) {
      await setImmediate();
      this.#put(this.#table, { rows, places, data });
    }
    for (const place of finite) this.#longest = Math.max(this.#longest, lengths[place] as number);
  }

  /** Writes the vectors of some of the rows, by their places. */
  #put(table: VectorTable, { rows, places, data }: Written): void {
    const { width } = table;
    const vectors = new Float32Array(places.length * width);
    for (const [at, place] of places.entries())
      vectors.set(data.subarray(place * width, (place + 1) * width), at * width);
    const written = places.map((place) => rows[place] as number);
    const ids = written.map((row) => this.#items.ids[row] as number);
    table.set(written, ids, vectors);
  }

  /**
   * Finds the best items. The products of a large table are rounded: their items are scored exactly, until no other item
   * can be among the best. Once is usually enough.
   */
  async best(
    search: VectorSearch,
    embeddings: Pick<ItemEmbeddings, 'embed'>,
    { vector, limit, allowed, after }: IndexQuery,
  ): Promise<IndexedRows> {
    const table = this.#table;
    if (!table) return { rows: new Int32Array(), scores: new Float32Array() };
    const { ids } = this.#items;
    const error = rounding * this.#longest * lengthOf(vector);
    // Items that come after the place by their scores are after this place by their products.
    const place = after && { score: after.score + error, id: 0 };
    for (let count = limit + spare; ; count *= 4) {
      const { isExact } = table;
      const found = await search.topK(table, { vector, count, allowed, after: place });
      const { rows } = found;
      const scores = isExact
        ? new Float32Array(found.scores)
        : productsOf(vector, await this.vectorsOf(await embeddings.embed(rows)));
      const best = after
        ? scores.filter((score, at) => comesAfter(after, score, ids[rows[at] as number] as number))
        : scores;
      const last = best.toSorted().at(-limit);
      const lowest = found.scores.at(-1);
      const isWhole = last !== undefined && lowest !== undefined && lowest + error <= last;
      const isEnough = last !== undefined && count >= limit + maxRescored;
      if (rows.length < count || isWhole || isEnough) return { rows, scores };
    }
  }
}

interface Written {
  readonly rows: readonly number[];
  readonly places: readonly number[];
  readonly data: Float32Array;
}

/** Returns the exact products of a vector and of items' vectors. */
function productsOf(vector: Float32Array, { rows, width, data }: Embeddings): Float32Array {
  const exact = new Float64Array(vector);
  return Float32Array.from({ length: rows }, (_, row) => exactProduct(exact, data, row * width));
}

/**
 * Groups places by the chunks of the table that their rows are in. During a search, a write copies each chunk that it
 * touches, and copying many at once would take long.
 */
function byChunk(places: readonly number[], rows: readonly number[]): number[][] {
  const groups = new Map<number, number[]>();
  for (const place of places) {
    const chunk = Math.floor((rows[place] as number) / rowsPerChunk);
    const group = groups.get(chunk);
    if (group) group.push(place);
    else groups.set(chunk, [place]);
  }
  return [...groups.values()];
}
