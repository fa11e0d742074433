import { floatProduct } from '../engine/running/matrix-products.ts';
import { BestRows, type FoundRows, isBefore } from './best-rows.ts';
import { lengthOf } from './exact-product.ts';
import type { FloatRows } from './float-rows.ts';
import { nthLargest } from './nth-largest.ts';
import type { VectorQuery } from './vector-query.ts';

/** The unit of rounding in 32 bits, as a share of a number. */
const rounding = 2 ** -24;

/**
 * Returns what a query finds among the first rows of a small table: exactly the best. Products in 32 bits, which are
 * computed for all rows, leave few rows that can be among them. The products of these are computed in 64 bits.
 */
export async function searchFloats(table: FloatRows, rows: number, query: VectorQuery): Promise<FoundRows> {
  const room = roomFor(rows);
  const products = room.subarray(0, rows);
  opened ??= floatProduct();
  const multiply = await opened;
  await multiply({ width: table.width, rows: table.firstRows(rows), columns: query.vector, products });
  const found = bestOf(table, products, query);
  rooms.push(room);
  return found;
}

let opened: ReturnType<typeof floatProduct> | undefined;

/**
 * The memory for products of searches that have ended. Without it, the products of some thousand rows for each list
 * would make the garbage collector work most.
 */
const rooms: Float32Array[] = [];

function roomFor(rows: number): Float32Array {
  const room = rooms.pop();
  return room && room.length >= rows ? room : new Float32Array(rows);
}

/** Returns what the query finds, by products in 32 bits, `[rows]`, which it changes. */
function bestOf(table: FloatRows, products: Float32Array, query: VectorQuery): FoundRows {
  const count = Math.min(query.count, products.length);
  const best = new BestRows(count);
  if (count === 0) return best.found();
  const vector = new Float64Array(query.vector);
  // The error of a sum of so many products, and the rounding of the exact product.
  const error = (table.width + 2) * rounding * table.longest * lengthOf(query.vector);
  leaveOut({ table, vector, products, error }, query);
  const lowest = nthLargest(products, count) - 2 * error;
  for (let row = 0; row < products.length; row++) {
    const product = products[row]!;
    if (product >= lowest && product > -Infinity) best.offer(row, table.ids[row]!, table.product(row, vector));
  }
  return best.found();
}

interface Estimated {
  readonly table: FloatRows;
  readonly vector: Float64Array;
  /** In 32 bits, `[rows]`. */
  readonly products: Float32Array;
  /** Products differ from the exact ones by at most this. */
  readonly error: number;
}

/** Sets the products of rows that the query must not find to −∞. */
function leaveOut({ table, vector, products, error }: Estimated, { allowed, after }: VectorQuery): void {
  const { present } = table;
  for (let row = 0; row < products.length; row++) {
    if (present[row] !== 1 || (allowed !== undefined && allowed[row] !== 1)) products[row] = -Infinity;
  }
  if (after === undefined) return;
  const [ceiling, near] = [after.score + error, after.score - error];
  for (let row = 0; row < products.length; row++) {
    const product = products[row]!;
    if (product < near) continue;
    // Near the place, only the exact product tells on which side of it a row is.
    const isAfter = product <= ceiling && isBefore(after, { score: table.product(row, vector), id: table.ids[row]! });
    if (!isAfter) products[row] = -Infinity;
  }
}
