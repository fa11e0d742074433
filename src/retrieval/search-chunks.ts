import { integerProduct } from '../engine/running/matrix-products.ts';
import { BestRows, type FoundRows, isBefore } from './best-rows.ts';
import { Contenders } from './contenders.ts';
import { digitBase, digitColumns, digitsOf, type QueryDigits } from './query-digits.ts';
import { rowsPerChunk, type VectorChunk } from './vector-chunk.ts';
import type { VectorQuery } from './vector-query.ts';
import type { ChunksView } from './vector-table.ts';

/** Queries that one product of matrices serves. With more, its time grows. */
export const maxQueriesAtOnce = 8;
/** Rows of a chunk are multiplied one by one if at most one in so many can be found. */
const fewOneIn = 16;

/** A query, and what it has found so far. */
interface Running {
  readonly query: VectorQuery;
  /** The query times the deviations of the columns, `[width]`. */
  readonly weights: Float64Array;
  readonly digits: QueryDigits;
  readonly contenders: Contenders;
}

/** A chunk, and its first row. */
interface Block {
  readonly chunk: VectorChunk;
  readonly start: number;
  /** The number of its rows that are used. */
  readonly rows: number;
}

/**
 * Returns what each of up to `maxQueriesAtOnce` queries finds: the best by the products of the codes. Products are
 * estimated from the high bytes of all rows. Those of the rows that can be among the best are then computed from all
 * bytes.
 */
export async function searchChunks(table: ChunksView, queries: readonly VectorQuery[]): Promise<FoundRows[]> {
  const blocks = table.chunks.map((chunk, index): Block => {
    const start = index * rowsPerChunk;
    return { chunk, start, rows: Math.min(rowsPerChunk, table.rows - start) };
  });
  const running = queries.map((query) => begin(table, query));
  const room = rooms.pop() ?? new Room();
  for (const block of blocks) {
    const dense: Running[] = [];
    for (const each of running) {
      const few = fewRows(each, block.start);
      if (few === undefined) dense.push(each);
      else for (const row of few) offerRow(each, block, row);
    }
    if (dense.length === 0) continue;
    const products = await estimate(block, dense, room);
    for (const [index, each] of dense.entries()) {
      offerEstimates(each, block, { products, columns: 2 * dense.length, first: 2 * index });
    }
  }
  rooms.push(room);
  return running.map((each) => inOrder(each, blocks));
}

function begin({ chunks, deviations }: ChunksView, query: VectorQuery): Running {
  const count = Math.min(query.count, chunks.length * rowsPerChunk);
  const weights = Float64Array.from(query.vector, (value, at) => value * deviations[at]!);
  return { query, weights, digits: digitsOf(weights), contenders: new Contenders(count) };
}

/** Returns the rows of the block that can be found, counted from its start, if they are few. */
function fewRows({ query: { allowed } }: Running, start: number): number[] | undefined {
  if (!allowed) return undefined;
  const few: number[] = [];
  const own = allowed.subarray(start, start + rowsPerChunk);
  for (let row = own.indexOf(1); row >= 0; row = own.indexOf(1, row + 1)) {
    if (few.length === rowsPerChunk / fewOneIn) return undefined;
    few.push(row);
  }
  return few;
}

/** Offers a row of the block with its product. */
function offerRow({ query, weights, contenders }: Running, { chunk, start }: Block, row: number): void {
  if (chunk.scales[row] === 0) return;
  const score = chunk.product(row, weights);
  const id = chunk.ids[row]!;
  if (query.after === undefined || isBefore(query.after, { score, id })) contenders.offer(start + row, id, score, 0);
}

interface Products {
  /** `[rows of the block, columns]` */
  readonly products: Int32Array;
  readonly columns: number;
  /** The first of the two columns of a query. */
  readonly first: number;
}

/** Offers the rows of the block that can be found, with the estimates of their products. */
function offerEstimates(running: Running, block: Block, { products, columns, first }: Products): void {
  const { contenders, query } = running;
  const { factor, offset, error } = running.digits;
  const { start } = block;
  const { scales, ids } = block.chunk;
  const { allowed, after } = query;
  const ceiling = after?.score ?? Infinity;
  for (let row = 0, at = first; row < block.rows; row++, at += columns) {
    const scale = scales[row]!;
    if (scale === 0 || (allowed !== undefined && allowed[start + row] !== 1)) continue;
    const score = scale * (factor * (digitBase * products[at]! + products[at + 1]!) - offset);
    const highest = score + scale * error;
    if (highest < contenders.floor) continue;
    // Near the place, only the product itself tells on which side of it a row is.
    if (highest >= ceiling) offerRow(running, block, row);
    else contenders.offer(start + row, ids[row]!, score, scale * error);
  }
}

/** The memory of one search, which the next one uses again. New memory would take as long as the search. */
class Room {
  #rows = new Uint8Array();
  #products = new Int32Array();

  /** Returns a copy of bytes that is not in shared memory. */
  copyOf(bytes: Uint8Array): Uint8Array {
    if (this.#rows.length < bytes.length) this.#rows = new Uint8Array(bytes.length);
    this.#rows.set(bytes);
    return this.#rows.subarray(0, bytes.length);
  }

  products(length: number): Int32Array {
    if (this.#products.length < length) this.#products = new Int32Array(length);
    return this.#products.subarray(0, length);
  }
}

/** The memory of searches that have ended. */
const rooms: Room[] = [];

let opened: ReturnType<typeof integerProduct> | undefined;

/** Returns the products of a chunk's high bytes with both digits of each query, `[rows of the block, 2 · queries]`. */
async function estimate({ chunk, rows }: Block, queries: readonly Running[], room: Room): Promise<Int32Array> {
  const { width, high } = chunk;
  opened ??= integerProduct();
  const multiply = await opened;
  const columns = digitColumns(
    queries.map(({ digits }) => digits),
    width,
  );
  const products = room.products(rows * 2 * queries.length);
  await multiply({ width, rows: room.copyOf(high.subarray(0, rows * width)), columns, products });
  return products;
}

/** Computes the products of the contenders from all bytes, and returns the first of them. */
function inOrder({ query, weights, contenders }: Running, blocks: readonly Block[]): FoundRows {
  const found = new BestRows(Math.min(query.count, blocks.length * rowsPerChunk));
  for (const row of contenders.rows()) {
    const { chunk } = blocks[Math.floor(row / rowsPerChunk)] as Block;
    const own = row % rowsPerChunk;
    found.offer(row, chunk.ids[own]!, chunk.product(own, weights));
  }
  return found.found();
}
