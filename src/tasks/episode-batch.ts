/** How many tasks a batch has room for, and how many support and query pairs of each. */
export interface BatchSize {
  readonly tasks: number;
  readonly support: number;
  readonly query: number;
  /** Whether every pair has a user of its own, as in a scenario, instead of one user a task. */
  readonly userPerPair: boolean;
}

/**
 * Support and query sets of several tasks. Items are `[tasks, support]` or `[tasks, query]`, row-major, and so
 * are their labels and masks: 1 for a pair, 0 for padding. Users are of the same shape, or `[tasks]` where a
 * task has one. A batch is filled anew for every step.
 */
export interface EpisodeBatch {
  readonly size: BatchSize;
  /** Tasks it holds; the others are padding. */
  filled: number;
  readonly support: BatchPairs;
  readonly query: BatchPairs;
}

export interface BatchPairs {
  /** Places for pairs in each task. */
  readonly places: number;
  readonly users: Int32Array;
  readonly items: Int32Array;
  readonly labels: Float32Array;
  readonly mask: Float32Array;
}

export function allocateBatch(size: BatchSize): EpisodeBatch {
  return {
    size,
    filled: 0,
    support: allocatePairs(size, size.support),
    query: allocatePairs(size, size.query),
  };
}

/** Empties a batch. What padding holds does not matter beside its mask, so only the masks are cleared. */
export function clearBatch(batch: EpisodeBatch): void {
  batch.filled = 0;
  batch.support.mask.fill(0);
  batch.query.mask.fill(0);
}

function allocatePairs({ tasks, userPerPair }: BatchSize, places: number): BatchPairs {
  const pairs = tasks * places;
  return {
    places,
    users: new Int32Array(userPerPair ? pairs : tasks),
    items: new Int32Array(pairs),
    labels: new Float32Array(pairs),
    mask: new Float32Array(pairs),
  };
}
