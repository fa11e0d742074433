import type { Place } from './best-rows.ts';

/** What to search for: the rows with the largest inner products with a vector. */
export interface VectorQuery {
  /** `[width]` */
  readonly vector: Float32Array;
  /** The number of rows to find. */
  readonly count: number;
  /** 1 for each row that can be found, 0 for all others. Rows beyond its end cannot be found. Default: all rows. */
  readonly allowed?: Uint8Array | undefined;
  /** Only items that come after this place can be found. */
  readonly after?: Place | undefined;
}
