import type { Worker } from 'node:worker_threads';
import { startThread } from '../common/run-in-thread.ts';
import type { FoundRows } from './best-rows.ts';
import type { FloatRows } from './float-rows.ts';
import { maxQueriesAtOnce } from './search-chunks.ts';
import { searchFloats } from './search-floats.ts';
import type { SearchAnswer, SearchRequest } from './search-thread.ts';
import type { VectorQuery } from './vector-query.ts';
import type { VectorTable } from './vector-table.ts';

/** A search that waits for the thread. */
interface Waiting {
  readonly table: VectorTable;
  readonly query: VectorQuery;
  readonly resolve: (found: FoundRows) => void;
  readonly reject: (reason: unknown) => void;
}

export interface SearchOptions {
  /** The URL of the thread's module without its extension. Default: `search-thread`. */
  readonly module?: URL;
}

/**
 * Finds the rows of vector tables that have the largest inner products with a vector. The calling thread searches small
 * tables, which takes less time than asking another thread. Large tables are searched by a thread, which starts at its
 * first use and serves all searches that wait for the same table at once. If the thread dies, the searches that wait
 * for it reject, and the next search starts another thread.
 */
export class VectorSearch {
  readonly #module: URL;
  #waiting: Waiting[] = [];
  #thread: Worker | undefined;
  #asked: { readonly resolve: (answer: SearchAnswer) => void; readonly reject: (reason: Error) => void } | undefined;
  #searching = false;
  #closed = false;

  constructor({ module = new URL('./search-thread', import.meta.url) }: SearchOptions = {}) {
    this.#module = module;
  }

  /**
   * Returns the first `query.count` rows by descending inner product with `query.vector`, then by ascending ID. Throws
   * a TypeError if the query does not fit the table, and an Error if the thread dies or after `close`.
   */
  async topK(table: VectorTable, query: VectorQuery): Promise<FoundRows> {
    checkQuery(table, query);
    if (this.#closed) throw new Error('Expected to search before the search is closed.');
    if (table.isExact) return table.read(({ floats, rows }) => searchFloats(floats as FloatRows, rows, query));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ table, query, resolve, reject });
      void this.#serve();
    });
  }

  /** Ends the thread. Searches that wait for it reject. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#thread?.terminate();
  }

  /** Serves the waiting searches, those of one table at once, until none is left. */
  async #serve(): Promise<void> {
    if (this.#searching) return;
    this.#searching = true;
    try {
      for (let batch = this.#nextBatch(); batch.length > 0; batch = this.#nextBatch()) {
        try {
          await this.#search(batch);
        } catch (error) {
          for (const { reject } of [...batch, ...this.#waiting.splice(0)]) reject(error);
        }
      }
    } finally {
      this.#searching = false;
    }
  }

  #nextBatch(): Waiting[] {
    const table = this.#waiting[0]?.table;
    const batch = this.#waiting.filter((each) => each.table === table).slice(0, maxQueriesAtOnce);
    this.#waiting = this.#waiting.filter((each) => !batch.includes(each));
    return batch;
  }

  async #search(batch: readonly Waiting[]): Promise<void> {
    const [{ table }] = batch as [Waiting];
    const queries = batch.map(({ query }) => query);
    const found = await table.read(({ width, rows, deviations, chunks }) =>
      this.#ask({ width, rows, deviations, chunks: chunks.map(({ buffer }) => buffer), queries }),
    );
    batch.forEach(({ resolve }, place) => {
      resolve(found[place] as FoundRows);
    });
  }

  #ask(request: SearchRequest): Promise<SearchAnswer> {
    this.#thread ??= this.#start();
    this.#thread.postMessage(request);
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject };
    });
  }

  #start(): Worker {
    const thread = startThread(this.#module);
    const end = (why: string, cause?: unknown) => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      this.#asked?.reject(new Error(`The thread that searches for items ended${why}.`, { cause }));
    };
    thread.on('message', (answer: SearchAnswer) => this.#asked?.resolve(answer));
    thread.on('error', (cause) => end(`: ${cause.message}`, cause));
    thread.on('exit', (code) => end(`, code ${code}`));
    return thread;
  }
}

function checkQuery({ width }: VectorTable, { vector, count }: VectorQuery): void {
  if (vector.length !== width || !vector.every(Number.isFinite)) {
    throw new TypeError(`Expected a vector of ${width} finite numbers to search for, got ${vector.length} numbers.`);
  }
  if (!Number.isInteger(count) || count < 0) throw new TypeError(`Expected a number of rows to find, got ${count}.`);
}
