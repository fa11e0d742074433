import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { Random } from './random.ts';

/** Some rows, of which one can be drawn in proportion to its weight. */
export class WeightedRows {
  readonly #weights: Float64Array;
  readonly #rows: Int32Array;
  /** The sum of the weights up to each of the rows. */
  readonly #sums: Float64Array;
  /**
   * Where to start to look for a place in each of `count` equal parts of the total (the guide table of Chen and Asau,
   * 1974).
   */
  readonly #guide: Int32Array;
  /** The sum of the weights. */
  readonly total: number;

  /** `weights` are those of all rows; `rows` are the ones that can be drawn. Default: all. */
  constructor(weights: Float64Array, rows = Int32Array.from(weights.keys())) {
    this.#weights = weights;
    this.#rows = rows;
    this.#sums = new Float64Array(rows.length);
    let total = 0;
    for (let at = 0; at < rows.length; at++) {
      total += weights[rows[at] as number] as number;
      this.#sums[at] = total;
    }
    this.total = total;
    this.#guide = guideTo(this.#sums, total);
  }

  get count(): number {
    return this.#rows.length;
  }

  weightOf(row: number): number {
    return this.#weights[row] as number;
  }

  /** Draws a row. Takes constant time on average. */
  draw(random: Random): number {
    const sums = this.#sums;
    const share = uniformFloat64(random);
    const place = share * this.total;
    let at = this.#guide[Math.floor(share * sums.length)] as number;
    while (at < sums.length - 1 && (sums[at] as number) <= place) at++;
    return this.#rows[at] as number;
  }

  /** Returns the rows whose position is −1. `positions` are those of all rows. */
  unplaced(positions: Int32Array): WeightedRows {
    const rows = new Int32Array(this.#rows.length);
    let kept = 0;
    for (let at = 0; at < rows.length; at++) {
      const row = this.#rows[at] as number;
      if (positions[row] === -1) rows[kept++] = row;
    }
    return new WeightedRows(this.#weights, rows.subarray(0, kept));
  }
}

/** Returns for each part the first position whose sum is above the part's start. */
function guideTo(sums: Float64Array, total: number): Int32Array {
  const guide = new Int32Array(sums.length);
  let at = 0;
  for (let part = 0; part < guide.length; part++) {
    const start = (part / guide.length) * total;
    while (at < sums.length - 1 && (sums[at] as number) <= start) at++;
    guide[part] = at;
  }
  return guide;
}
