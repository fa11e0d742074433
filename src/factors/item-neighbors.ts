import { runInThread } from '../common/run-in-thread.ts';
import type { SparseMatrix } from './sparse-matrix.ts';

export interface NeighborRequest {
  /** Who likes what, `[users, items]`: every entry is 1. */
  readonly byUser: SparseMatrix;
  /** Added to the divisor of a similarity, so that few common users do not make items similar. */
  readonly shrinkage: number;
  /** The number of neighbors that are kept of each item. */
  readonly neighbors: number;
}

/** The most similar items of each item, the most similar first. Missing ones are item 0 with similarity 0. */
export interface ItemNeighbors {
  /** `[items, neighbors]` */
  readonly items: Float32Array;
  /** `[items, neighbors]`, at least 0 */
  readonly similarities: Float32Array;
}

/**
 * Returns the neighbors of each item by the cosine of the items' vectors of users, with shrinkage: `c / (√(a·b) + s)`
 * for items with a and b users, c of them in common. Runs in a thread of its own, with memory for one row of
 * similarities. Throws the signal's reason when it aborts.
 */
export function itemNeighbors(request: NeighborRequest, signal?: AbortSignal): Promise<ItemNeighbors> {
  const work = 'comparison of items';
  return runInThread(new URL('./item-neighbors-worker', import.meta.url), request, { work, signal });
}
