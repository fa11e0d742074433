/** How many tasks a batch has room for, and how many support and query pairs of each. */
export interface BatchSize {
  readonly tasks: number;
  readonly support: number;
  readonly query: number;
}

/**
 * Support and query sets of several tasks. Items are `[tasks, support]` or `[tasks, query]`, row-major, and so
 * are their labels and masks: 1 for a pair, 0 for padding. A batch is filled anew for every step.
 */
export interface EpisodeBatch {
  readonly size: BatchSize;
  /** Tasks it holds; the others are padding. */
  filled: number;
  readonly users: Int32Array;
  readonly supportItems: Int32Array;
  readonly supportLabels: Float32Array;
  readonly supportMask: Float32Array;
  readonly queryItems: Int32Array;
  readonly queryLabels: Float32Array;
  readonly queryMask: Float32Array;
}

export function allocateBatch(size: BatchSize): EpisodeBatch {
  const [support, query] = [size.tasks * size.support, size.tasks * size.query];
  return {
    size,
    filled: 0,
    users: new Int32Array(size.tasks),
    supportItems: new Int32Array(support),
    supportLabels: new Float32Array(support),
    supportMask: new Float32Array(support),
    queryItems: new Int32Array(query),
    queryLabels: new Float32Array(query),
    queryMask: new Float32Array(query),
  };
}

/** Empties a batch. What padding holds does not matter beside its mask, so only the masks are cleared. */
export function clearBatch(batch: EpisodeBatch): void {
  batch.filled = 0;
  batch.supportMask.fill(0);
  batch.queryMask.fill(0);
}
