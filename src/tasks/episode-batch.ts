/** The room in a batch: the number of tasks, and of support and query pairs of each task. */
export interface BatchSize {
  readonly tasks: number;
  readonly support: number;
  readonly query: number;
  /** Whether each pair has its own user, as in a scenario. Otherwise a task has one user. */
  readonly userPerPair: boolean;
}

/**
 * The support and query sets of several tasks. Items, labels and masks are `[tasks, support]` or `[tasks, query]`,
 * row-major. A mask is 1 for a pair and 0 for padding. Users have the same shape, or `[tasks]` if a task has one user.
 * A batch is refilled for every step.
 */
export interface EpisodeBatch {
  readonly size: BatchSize;
  /** The number of tasks in the batch. The rest is padding. */
  filled: number;
  readonly support: BatchPairs;
  readonly query: BatchPairs;
}

export interface BatchPairs {
  /** The number of places for pairs in each task. */
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

/** Empties a batch. Only the masks are cleared, because masked values are never used. */
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
