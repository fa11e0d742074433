import { floatProduct } from '../engine/running/matrix-products.ts';
import { BestRows, type FoundRows, isBefore } from './best-rows.ts';
import { Contenders } from './contenders.ts';
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
  const room = roomFor(rows);
  const products = room.subarray(0, rows);
  opened ??= floatProduct();
  const multiply = await opened;
  await multiply({ width: table.width, rows: table.firstRows(rows), columns: query.vector, products });
  const best = new BestRows(Math.min(query.count, rows));
  for (const row of contendersOf({ table, vector, products }, query)) {
    best.offer(row, table.ids[row]!, table.product(row, vector));
  }
  rooms.push(room);
  return best.found();
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

interface Estimated {
  readonly table: FloatRows;
  readonly vector: Float64Array;
  /** In 32 bits, `[rows]`. */
  readonly products: Float32Array;
}

/** Returns the rows that can be among the best. */
function contendersOf({ table, vector, products }: Estimated, { count, allowed, after }: VectorQuery): number[] {
  const rows = products.length;
  const contenders = new Contenders(Math.min(count, rows));
  // The error of a sum of so many products, and the rounding of the exact product.
  const error = (table.width + 2) * rounding * table.longest * Math.hypot(...vector);
  const [ceiling, near] = after ? [after.score + error, after.score - error] : [Infinity, Infinity];
  for (let row = 0; row < rows; row++) {
    const score = products[row]!;
    if (score + error < contenders.floor || score > ceiling) continue;
    if (table.present[row] !== 1 || (allowed !== undefined && allowed[row] !== 1)) continue;
    const id = table.ids[row]!;
    // Near the place, only the exact product tells on which side of it a row is.
    if (after && score >= near && !isBefore(after, { score: table.product(row, vector), id })) continue;
    contenders.offer(row, id, score, error);
  }
  return contenders.rows();
}
