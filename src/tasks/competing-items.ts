import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { Random } from './random.ts';

/** The items of a catalog, by row. */
export interface ItemWeights {
  /** The row of each item's ID in its embedding table, 0 for an unknown ID. */
  readonly ids: Int32Array;
  /** The number of positive interactions of each item. */
  readonly counts: Float32Array;
}

/** Items are drawn in proportion to (count + 1) to this power, which is between uniform and as popular as they are. */
const power = 0.75;

/**
 * The items that compete in a batch. If the catalog fits, all of it; otherwise those that the batch needs and a random
 * sample. `logOdds` is the logarithm of how often an item is expected in the sample, at most 0.
 */
export class CompetingItems {
  readonly items: Int32Array;
  readonly logOdds: Float32Array;
  readonly #ids: Int32Array;
  /** Cumulative probabilities of the catalog's rows. */
  readonly #cumulative: Float64Array;
  /** The position of each catalog row, −1 if it does not compete. */
  readonly #positions: Int32Array;

  constructor({ ids, counts }: ItemWeights, size: number) {
    const rows = counts.length;
    this.#ids = ids;
    this.items = new Int32Array(Math.min(size, rows));
    this.logOdds = new Float32Array(this.items.length);
    this.#positions = new Int32Array(rows).fill(-1);
    this.#cumulative = cumulated(counts);
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
    while (filled < this.items.length) {
      const row = this.#drawRow(random);
      if (this.#positions[row] === -1) this.#add(row, filled++);
    }
    for (const [at, row] of this.items.entries()) this.logOdds[at] = this.#logOddsOf(row, this.items.length);
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
    return this.#drawRow(random);
  }

  /** Returns the logarithm of how often a position is expected among `draws` draws, at most 0. */
  drawLogOdds(position: number, draws: number): number {
    if (this.#isWhole()) return this.#logOddsOf(position, draws);
    return Math.min((this.logOdds[position] as number) + Math.log(draws / this.items.length), 0);
  }

  #isWhole(): boolean {
    return this.items.length === this.#positions.length;
  }

  #add(row: number, at: number): void {
    this.items[at] = row;
    this.#positions[row] = at;
  }

  #logOddsOf(row: number, draws: number): number {
    const before = row === 0 ? 0 : (this.#cumulative[row - 1] as number);
    return Math.min(Math.log(((this.#cumulative[row] as number) - before) * draws), 0);
  }

  /** Binary search in the cumulative probabilities. */
  #drawRow(random: Random): number {
    const place = uniformFloat64(random);
    let [low, high] = [0, this.#cumulative.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#cumulative[middle] as number) > place) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function cumulated(counts: Float32Array): Float64Array {
  const sums = new Float64Array(counts.length);
  let sum = 0;
  for (const [row, count] of counts.entries()) {
    sum += (count + 1) ** power;
    sums[row] = sum;
  }
  return sums.map((value) => value / sum);
}
