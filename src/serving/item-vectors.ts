import type { ItemTable } from '../live-catalog/item-table.ts';
import { runInChunks } from '../models/in-chunks.ts';
import type { ItemEmbeddings } from './item-embeddings.ts';
import type { VectorIndex } from './vector-index.ts';

/** Items embedded and written between two turns of the event loop, which takes some milliseconds. */
const defaultRowsPerTurn = 500;
/**
 * Lists wait for the vectors of this many changed items. After a larger change, they go on with the earlier vectors.
 */
const maxAwaited = 500;

/** An index with the vectors of all items by one model version, or of one feature. It follows the changes of items. */
export class ItemVectors {
  readonly #items: ItemTable;
  readonly #embeddings: Pick<ItemEmbeddings, 'compute'>;
  readonly #index: VectorIndex;
  readonly #rowsPerTurn: number;
  #updating: Promise<void> | undefined;
  /** How many rows the update in progress has not written yet. */
  #left = 0;
  /** The revision that each row's vector is of; 0 for none. */
  #revisions = new Int32Array();
  /** `ItemTable.changes` as of which all rows have their vectors; −1 as long as some never had one. */
  #changes = -1;

  constructor(
    items: ItemTable,
    embeddings: Pick<ItemEmbeddings, 'compute'>,
    index: VectorIndex,
    rowsPerTurn = defaultRowsPerTurn,
  ) {
    this.#items = items;
    this.#embeddings = embeddings;
    this.#index = index;
    this.#rowsPerTurn = rowsPerTurn;
  }

  /** Returns the index with the vectors of all items. */
  all(): Promise<VectorIndex> {
    return this.#follow(Infinity);
  }

  /**
   * Returns the index with the vectors of all items, except for those of a large change that has just been made. Waits
   * until all items have had vectors once: an index that lacks most items would make short lists.
   */
  current(): Promise<VectorIndex> {
    return this.#follow(maxAwaited);
  }

  /** Brings the index up to date, but does not wait for an update that has more than `maxRows` rows left. */
  async #follow(maxRows: number): Promise<VectorIndex> {
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
    return this.#index;
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
    await runInChunks(rows.length, this.#rowsPerTurn, async (start, end) => {
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

  async #write(rows: readonly number[]): Promise<void> {
    const revisions = rows.map((row) => this.#items.revisions[row] as number);
    await this.#index.write(rows, await this.#embeddings.compute(rows));
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
