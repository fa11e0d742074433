import pLimit from 'p-limit';
import type { ItemTable } from '../live-catalog/item-table.ts';
import type { RetrievalVectors } from '../models/recommender.ts';
import { VectorTable } from '../retrieval/vector-table.ts';
import type { ItemEmbeddings } from './item-embeddings.ts';

/** Items embedded and written between two turns of the event loop, which takes some milliseconds. */
const rowsPerTurn = 500;
/**
 * Lists wait for the vectors of this many changed items. After a larger change, they go on with the earlier vectors.
 */
const maxAwaited = 500;

/** The vectors by which a model version finds items, by row of the catalog. They follow the changes of items. */
export class ItemVectors {
  readonly retrieval: RetrievalVectors;
  readonly #items: ItemTable;
  readonly #embeddings: ItemEmbeddings;
  readonly #table: VectorTable;
  readonly #updating = pLimit(1);
  /** The revision that each row's vector is of; 0 for none. */
  #revisions = new Int32Array();
  /** `ItemTable.changes` when all rows had their vectors. */
  #changes = -1;
  #longest = 0;

  constructor(items: ItemTable, embeddings: ItemEmbeddings, retrieval: RetrievalVectors) {
    this.#items = items;
    this.#embeddings = embeddings;
    this.retrieval = retrieval;
    this.#table = new VectorTable(retrieval.width);
  }

  /** The length of the longest vector so far. */
  get longest(): number {
    return this.#longest;
  }

  /** Returns the vectors of all items. */
  async all(): Promise<VectorTable> {
    if (this.#changes !== this.#items.changes) await this.#updating(() => this.#update());
    return this.#table;
  }

  /** Returns the vectors of all items, except for those of a large change that has just been made. */
  async current(): Promise<VectorTable> {
    if (this.#changes === this.#items.changes) return this.#table;
    const updated = this.all();
    if (this.#outdatedRows().length <= maxAwaited) return updated;
    // The next list tries again.
    updated.catch(() => {});
    return this.#table;
  }

  async #update(): Promise<void> {
    const { changes } = this.#items;
    const rows = this.#outdatedRows();
    for (let start = 0; start < rows.length; start += rowsPerTurn) {
      await this.#write(rows.slice(start, start + rowsPerTurn));
    }
    this.#changes = changes;
  }

  #outdatedRows(): number[] {
    const { rows, revisions } = this.#items;
    const outdated: number[] = [];
    for (let row = 0; row < rows; row++) if (this.#revisions[row] !== revisions[row]) outdated.push(row);
    return outdated;
  }

  /** Items whose vectors are not finite numbers get none, so that no list has them. */
  async #write(rows: readonly number[]): Promise<void> {
    const revisions = rows.map((row) => this.#items.revisions[row] as number);
    const { data } = await this.retrieval.itemVectors(await this.#embeddings.compute(rows));
    const { width } = this.retrieval;
    const lengths = rows.map((_, place) => lengthOf(data, place * width, width));
    const finite = [...rows.keys()].filter((place) => Number.isFinite(lengths[place]));
    const kept = finite.length === rows.length ? data : new Float32Array(finite.length * width);
    if (kept !== data)
      for (const [at, place] of finite.entries())
        kept.set(data.subarray(place * width, (place + 1) * width), at * width);
    const written = finite.map((place) => rows[place] as number);
    const ids = written.map((row) => this.#items.ids[row] as number);
    this.#table.set(written, ids, kept);
    for (const place of finite) this.#longest = Math.max(this.#longest, lengths[place] as number);
    this.#note(rows, revisions);
  }

  #note(rows: readonly number[], revisions: readonly number[]): void {
    if (this.#revisions.length < this.#items.rows) {
      const grown = new Int32Array(this.#items.ids.length);
      grown.set(this.#revisions);
      this.#revisions = grown;
    }
    for (const [place, row] of rows.entries()) this.#revisions[row] = revisions[place] as number;
  }
}

/** Returns the length of the vector that begins at `start`; not a finite number if one of its numbers is not. */
function lengthOf(data: Float32Array, start: number, width: number): number {
  let squares = 0;
  for (let at = start; at < start + width; at++) squares += (data[at] as number) ** 2;
  return Math.sqrt(squares);
}
