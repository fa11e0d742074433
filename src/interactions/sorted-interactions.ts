import { InteractionPage, rowsFrom0 } from './interaction-page.ts';
import type { KnownInteraction } from './known-interactions.ts';
import { PageFile } from './page-file.ts';

/** Interactions that are sorted at once: 30 MB, which takes less than a second. */
const defaultRows = 2 ** 20;
/** Rows of a page. When all runs are merged, one page of each is in memory: 0.24 MB for a million interactions. */
const defaultPageRows = 2 ** 13;

export interface SortingOptions {
  /** Interactions that are sorted in memory at once. */
  readonly rows?: number;
  readonly pageRows?: number;
  /** The folder of the temporary file. Default: that of the system. */
  readonly directory?: string;
}

/** Sorted interactions in consecutive pages of the file. */
interface Run {
  readonly firstPage: number;
  readonly rows: number;
}

/**
 * Collects interactions in any order, and returns them by user, and those of a user in the order of time. Interactions
 * with the same time keep their order, and so do those without a time, which come last.
 *
 * The memory does not depend on their number: when it is full, a sorted run goes to a temporary file, and in the end all
 * runs are merged.
 */
export class SortedInteractions {
  readonly #rows: number;
  readonly #pageRows: number;
  readonly #memory: InteractionPage;
  readonly #file: PageFile;
  readonly #runs: Run[] = [];
  readonly #typeNames: string[] = [];
  #length = 0;
  /** Whether the interactions in memory came in order, as from many files. Then they are not sorted. */
  #inOrder = true;

  constructor({ rows = defaultRows, pageRows = defaultPageRows, directory }: SortingOptions = {}) {
    this.#file = new PageFile(directory);
    this.#rows = rows;
    this.#pageRows = pageRows;
    this.#memory = new InteractionPage(rows, this.#typeNames);
  }

  async add(interactions: readonly KnownInteraction[]): Promise<void> {
    for (const interaction of interactions) {
      if (this.#length === this.#rows) await this.#store();
      const row = this.#length++;
      this.#memory.set(row, interaction);
      this.#inOrder &&= row === 0 || this.#memory.compare(row - 1, this.#memory, row) <= 0;
    }
  }

  /** Yields all interactions in order, in groups. Call it once. */
  async *inOrder(): AsyncGenerator<KnownInteraction[]> {
    if (this.#runs.length === 0) return yield* this.#fromMemory();
    await this.#store();
    yield* this.#merged();
  }

  /** Frees the room on the disk. */
  close(): Promise<void> {
    return this.#file.close();
  }

  async *#fromMemory(): AsyncGenerator<KnownInteraction[]> {
    const order = this.#order();
    for (let start = 0; start < order.length; start += this.#pageRows) {
      yield Array.from(order.subarray(start, start + this.#pageRows), (row) => this.#memory.get(row));
    }
  }

  /** Moves the interactions in memory to the file. */
  async #store(): Promise<void> {
    const order = this.#order();
    const page = this.#newPage();
    let firstPage: number | undefined;
    for (let start = 0; start < order.length; start += this.#pageRows) {
      for (const [row, source] of order.subarray(start, start + this.#pageRows).entries()) {
        page.copy(row, this.#memory, source);
      }
      const number = await this.#file.append(page);
      firstPage ??= number;
    }
    if (firstPage !== undefined) this.#runs.push({ firstPage, rows: order.length });
    this.#length = 0;
    this.#inOrder = true;
  }

  /** Returns the rows in memory in order. */
  #order(): Uint32Array {
    return this.#inOrder ? rowsFrom0(this.#length) : this.#memory.order(this.#length);
  }

  #newPage(): InteractionPage {
    return new InteractionPage(this.#pageRows, this.#typeNames);
  }

  async *#merged(): AsyncGenerator<KnownInteraction[]> {
    const readers = this.#runs.map((run, index) => new RunReader(this.#file, run, index, this.#newPage()));
    for (const reader of readers) await reader.readPage();
    // A heap: each reader comes before those at twice its index plus 1 and plus 2.
    readers.sort((a, b) => a.compare(b));
    let group: KnownInteraction[] = [];
    while (readers.length > 0) {
      const first = readers[0] as RunReader;
      group.push(first.interaction());
      if (first.advance() || (await first.readPage())) sink(readers);
      else {
        const last = readers.pop() as RunReader;
        if (last !== first) {
          readers[0] = last;
          sink(readers);
        }
      }
      if (group.length < this.#pageRows) continue;
      yield group;
      group = [];
    }
    if (group.length > 0) yield group;
  }
}

/** A position in a run. */
class RunReader {
  readonly #file: PageFile;
  readonly #run: Run;
  readonly #index: number;
  readonly #pageRows: number;
  readonly #page: InteractionPage;
  /** The position in the run, and in its page. */
  #position = 0;
  #row = 0;

  constructor(file: PageFile, run: Run, index: number, page: InteractionPage) {
    this.#file = file;
    this.#run = run;
    this.#index = index;
    this.#pageRows = page.rows;
    this.#page = page;
  }

  interaction(): KnownInteraction {
    return this.#page.get(this.#row);
  }

  /** Goes on to the next row. Returns whether the page has it. */
  advance(): boolean {
    this.#position++;
    this.#row++;
    return this.#row < this.#pageRows && this.#position < this.#run.rows;
  }

  /** Reads the page of the position. Returns whether there is one. */
  async readPage(): Promise<boolean> {
    if (this.#position >= this.#run.rows) return false;
    await this.#file.read(this.#run.firstPage + this.#position / this.#pageRows, this.#page);
    this.#row = 0;
    return true;
  }

  /** An earlier run has earlier rows of the dataset. */
  compare(other: RunReader): number {
    return this.#page.compare(this.#row, other.#page, other.#row) || this.#index - other.#index;
  }
}

/** Moves the first reader of a heap behind those that come before it. */
function sink(heap: RunReader[]): void {
  const moving = heap[0] as RunReader;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && (heap[child + 1] as RunReader).compare(heap[child] as RunReader) < 0) child++;
    if (moving.compare(heap[child] as RunReader) <= 0) break;
    heap[index] = heap[child] as RunReader;
    index = child;
  }
  heap[index] = moving;
}
