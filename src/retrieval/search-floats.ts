import { floatProduct } from '../engine/running/matrix-products.ts';
import { BestRows, type FoundRows, isBefore } from './best-rows.ts';
import type { FloatRows } from './float-rows.ts';
import type { VectorQuery } from './vector-query.ts';

/** The unit of rounding in 32 bits, as a share of a number. */
const rounding = 2 ** -24;

/**
 * Returns what a query finds among the first rows of a small table: exactly the best. Products in 32 bits, which are
 * computed for all rows, leave few rows that can be among them. The products of these are computed in 64 bits.
 */
export async function searchFloats(table: FloatRows, rows: number, query: VectorQuery): Promise<FoundRows> {
  const vector = Float64Array.from(query.vector);
  // The error of a sum of so many products, and the rounding of the exact product.
  const error = (table.width + 2) * rounding * table.longest * Math.hypot(...vector);
  const estimates = await multiply(table, query.vector, rows);
  const lowest = cut({ table, vector, error, estimates }, query) - 2 * error;
  const best = new BestRows(Math.min(query.count, rows));
  for (let row = 0; row < rows; row++) {
    if (estimates[row]! >= lowest && estimates[row]! > -Infinity)
      best.offer(row, table.ids[row]!, table.product(row, vector));
  }
  return best.found();
}

let opened: ReturnType<typeof floatProduct> | undefined;

/** Returns the products of the first rows with a vector, `[rows]`. */
async function multiply(table: FloatRows, vector: Float32Array, rows: number): Promise<Float32Array> {
  opened ??= floatProduct();
  const product = await opened;
  const products = new Float32Array(rows);
  await product({ width: table.width, rows: table.firstRows(rows), vector, products });
  return products;
}

interface Estimated {
  readonly table: FloatRows;
  readonly vector: Float64Array;
  /** No estimate is further from the exact product. */
  readonly error: number;
  readonly estimates: Float32Array;
}

/** Returns the lowest of the best estimates, and sets those of rows that cannot be found to −∞. */
function cut({ table, vector, error, estimates }: Estimated, { count, allowed, after }: VectorQuery): number {
  const rows = estimates.length;
  const best = new BestRows(Math.min(count, rows));
  const [ceiling, near] = after ? [after.score + error, after.score - error] : [Infinity, Infinity];
  for (let row = 0; row < rows; row++) {
    const score = estimates[row]!;
    const id = table.ids[row]!;
    const canBeFound =
      score <= ceiling &&
      table.present[row] === 1 &&
      (allowed === undefined || allowed[row] === 1) &&
      // Near the place, only the exact product tells on which side of it a row is.
      (score < near || !after || isBefore(after, { score: table.product(row, vector), id }));
    if (!canBeFound) estimates[row] = -Infinity;
    else if (score >= best.floor) best.offer(row, id, score);
  }
  return best.lowest;
}
