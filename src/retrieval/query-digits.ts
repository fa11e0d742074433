import { zeroCode } from './vector-chunk.ts';

/**
 * A query as whole numbers, to be multiplied with the high bytes of codes. The estimate of a row's inner product is
 * `scale · (factor · (digitBase · highProduct + lowProduct) − offset)`.
 */
export interface QueryDigits {
  /**
   * `[width]` each. They are so small that processors which add pairs of products in 16 bits do not overflow.
   */
  readonly high: Int8Array;
  readonly low: Int8Array;
  readonly factor: number;
  readonly offset: number;
  /** No estimate is further from the product than this times the row's scale. */
  readonly error: number;
}

export const digitBase = 64;
const maxInteger = digitBase * (digitBase - 1);
/** The value that a low byte is estimated to have, and how far it can be from it at most. */
const meanLowByte = 127.5;

/** Returns the digits of a query that is multiplied by the deviations, `[width]`. */
export function digitsOf(weights: Float64Array): QueryDigits {
  const unit = weights.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 0) / maxInteger || 1;
  const [high, low] = [new Int8Array(weights.length), new Int8Array(weights.length)];
  let [total, size] = [0, 0];
  for (const [at, weight] of weights.entries()) {
    const integer = Math.round(weight / unit);
    high[at] = Math.round(integer / digitBase);
    low[at] = integer - digitBase * high[at]!;
    total += integer;
    size += Math.abs(weight);
  }
  return {
    high,
    low,
    factor: 256 * unit,
    offset: unit * total * (zeroCode - meanLowByte),
    error: meanLowByte * (size + (weights.length * unit) / 2) + (zeroCode * weights.length * unit) / 2,
  };
}

/** Returns the digits of queries side by side, `[width, 2 · queries]`. */
export function digitColumns(queries: readonly QueryDigits[], width: number): Int8Array {
  const count = 2 * queries.length;
  const columns = new Int8Array(width * count);
  for (const [query, { high, low }] of queries.entries()) {
    for (let row = 0; row < width; row++) {
      columns[row * count + 2 * query] = high[row]!;
      columns[row * count + 2 * query + 1] = low[row]!;
    }
  }
  return columns;
}
