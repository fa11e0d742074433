import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { Random } from './random.ts';
import { WeightedRows } from './weighted-rows.ts';

/** The items of a catalog, by row. */
export interface ItemWeights {
  /** The row of each item's ID in its embedding table, 0 for an unknown ID. */
  readonly ids: Int32Array;
  /** The number of positive interactions of each item. */
  readonly counts: Float32Array;
}

/** Items are drawn in proportion to (count + 1) to this power, which is between uniform and as popular as they are. */
const power = 0.75;

/** A draw takes about as long as it takes to leave out placed rows from four. */
const vainDrawsPerRow = 1 / 4;

/**
 * The items that compete in a batch. If the catalog fits, all of it; otherwise those that the batch needs and a random
 * sample. `logOdds` is the logarithm of how often an item is expected in the sample, at most 0.
 */
export class CompetingItems {
  readonly items: Int32Array;
  readonly logOdds: Float32Array;
  readonly #ids: Int32Array;
  /** The rows of the catalog. */
  readonly #catalog: WeightedRows;
  /** The position of each catalog row, −1 if it does not compete. */
  readonly #positions: Int32Array;

  constructor({ ids, counts }: ItemWeights, size: number) {
    const rows = counts.length;
    this.#ids = ids;
    this.items = new Int32Array(Math.min(size, rows));
    this.logOdds = new Float32Array(this.items.length);
    this.#positions = new Int32Array(rows).fill(-1);
    this.#catalog = new WeightedRows(Float64Array.from(counts, (count) => (count + 1) ** power));
    if (this.#isWhole()) for (let row = 0; row < rows; row++) this.#add(row, row);
  }

  /** Draws the competing items of a batch: the needed ones first, as many as fit, and then random ones. */
  draw(needed: readonly number[], random: Random): void {
    if (this.#isWhole()) return;
    for (const row of this.items) this.#positions[row] = -1;
    let filled = 0;
    for (const row of needed) {
      if (filled < this.items.length && this.#positions[row] === -1) this.#add(row, filled++);
    }
    this.#fill(filled, random);
    for (let at = 0; at < this.items.length; at++)
      this.logOdds[at] = this.#logOddsOf(this.items[at] as number, this.items.length);
  }

  /** Returns the position of a competing item, −1 for other items. */
  positionOf(row: number): number {
    return this.#positions[row] as number;
  }

  idOf(row: number): number {
    return this.#ids[row] as number;
  }

  /** Draws one of the competing items. */
  drawPosition(random: Random): number {
    if (!this.#isWhole()) return Math.floor(uniformFloat64(random) * this.items.length);
    return this.#catalog.draw(random);
  }

  /** Returns the logarithm of how often a position is expected among `draws` draws, at most 0. */
  drawLogOdds(position: number, draws: number): number {
    if (this.#isWhole()) return this.#logOddsOf(position, draws);
    return Math.min((this.logOdds[position] as number) + Math.log(draws / this.items.length), 0);
  }

  #isWhole(): boolean {
    return this.items.length === this.#positions.length;
  }

  /**
   * Fills the places from `filled` on, one after the other, each with one of the rows that have no place yet, in
   * proportion to their weights. Rows with a place are drawn in vain. As soon as that would cost more than to leave
   * them out, they are left out. So the time hardly depends on the share of the catalog that competes.
   */
  #fill(filled: number, random: Random): void {
    let rows = this.#catalog;
    let taken = 0;
    for (let at = 0; at < filled; at++) taken += rows.weightOf(this.items[at] as number);
    for (let at = filled; at < this.items.length; ) {
      // At least `places · taken / (total − taken)` draws are still expected to be in vain.
      if ((this.items.length - at) * taken > rows.count * vainDrawsPerRow * (rows.total - taken)) {
        rows = rows.unplaced(this.#positions);
        taken = 0;
      }
      const row = rows.draw(random);
      if (this.#positions[row] !== -1) continue;
      this.#add(row, at++);
      taken += rows.weightOf(row);
    }
  }

  #add(row: number, at: number): void {
    this.items[at] = row;
    this.#positions[row] = at;
  }

  #logOddsOf(row: number, draws: number): number {
    const { total } = this.#catalog;
    return Math.min(Math.log((this.#catalog.weightOf(row) / total) * draws), 0);
  }
}
