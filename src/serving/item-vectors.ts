import { setImmediate } from 'node:timers/promises';
import type { ItemTable } from '../live-catalog/item-table.ts';
import { runInChunks } from '../models/in-chunks.ts';
import type { RetrievalVectors } from '../models/recommender.ts';
import { lengthOf } from '../retrieval/exact-product.ts';
import { rowsPerChunk } from '../retrieval/vector-chunk.ts';
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
  #updating: Promise<void> | undefined;
  /** How many rows the update in progress has not written yet. */
  #left = 0;
  /** The revision that each row's vector is of; 0 for none. */
  #revisions = new Int32Array();
  /** `ItemTable.changes` as of which all rows have their vectors; −1 as long as some never had one. */
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
  all(): Promise<VectorTable> {
    return this.#follow(Infinity);
  }

  /**
   * Returns the vectors of all items, except for those of a large change that has just been made. Waits until all items
   * have had vectors once: a table that lacks most items would make short lists.
   */
  current(): Promise<VectorTable> {
    return this.#follow(maxAwaited);
  }

  /** Brings the table up to date, but does not wait for an update that has more than `maxRows` rows left. */
  async #follow(maxRows: number): Promise<VectorTable> {
    const { changes } = this.#items;
    while (this.#changes < changes) {
      const update = this.#update();
      if (this.#changes >= 0 && this.#left > maxRows) {
        // If it fails, the next list tries again.
        update.catch(() => {});
        break;
      }
      await update;
    }
    return this.#table;
  }

  /** Writes all outdated rows. Callers at the same time share an update. */
  #update(): Promise<void> {
    this.#updating ??= this.#writeAll().finally(() => {
      this.#updating = undefined;
    });
    return this.#updating;
  }

  async #writeAll(): Promise<void> {
    const { changes } = this.#items;
    const rows = this.#outdatedRows();
    this.#left = rows.length;
    await runInChunks(rows.length, rowsPerTurn, async (start, end) => {
      await this.#write(rows.slice(start, end));
      this.#left = rows.length - end;
    });
    this.#changes = changes;
  }

  /** Looks at all rows only if it is not known which have changed. */
  #outdatedRows(): number[] {
    const { rows, revisions, exists } = this.#items;
    const written = this.#revisions;
    const isOutdated = (row: number) => written[row] !== revisions[row] && exists[row] === 1;
    const changed = this.#items.changedSince(this.#changes);
    if (changed) return [...new Set(changed)].filter(isOutdated);
    const outdated: number[] = [];
    for (let row = 0; row < rows; row++) if (isOutdated(row)) outdated.push(row);
    return outdated;
  }

  /** Items whose vectors are not finite numbers have none, so that no list has them. */
  async #write(rows: readonly number[]): Promise<void> {
    const revisions = rows.map((row) => this.#items.revisions[row] as number);
    const { data } = await this.retrieval.itemVectors(await this.#embeddings.compute(rows));
    const { width } = this.retrieval;
    const lengths = rows.map((_, place) => lengthOf(data, place * width, width));
    const finite = [...rows.keys()].filter((place) => Number.isFinite(lengths[place]));
    if (finite.length < rows.length) this.#table.remove(rows.filter((_, place) => !Number.isFinite(lengths[place])));
    for (const places of byChunk(finite, rows)) {
      await setImmediate();
      this.#put(rows, places, data);
    }
    for (const place of finite) this.#longest = Math.max(this.#longest, lengths[place] as number);
    this.#note(rows, revisions);
  }

  /** Writes the vectors of some of the rows, by their places. */
  #put(rows: readonly number[], places: readonly number[], data: Float32Array): void {
    const { width } = this.retrieval;
    const vectors = new Float32Array(places.length * width);
    for (const [at, place] of places.entries())
      vectors.set(data.subarray(place * width, (place + 1) * width), at * width);
    const written = places.map((place) => rows[place] as number);
    const ids = written.map((row) => this.#items.ids[row] as number);
    this.#table.set(written, ids, vectors);
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
