import { runInThread } from '../common/run-in-thread.ts';
import type { RatingFactorOptions } from './factorize-ratings.ts';
import type { SparseMatrix } from './sparse-matrix.ts';

export interface RatingFactorsRequest {
  /** The ratings, `[users, items]`, in units of which 0 is the mean and 1 the standard deviation. */
  readonly byUser: SparseMatrix;
  readonly options: RatingFactorOptions;
}

/**
 * Returns the bias and the factors of each item, `[items, 1 + width]`, see `factorizeRatings`. Runs in a thread of its
 * own. The arrays of the matrix are handed to that thread, so they are empty afterwards. Throws the signal's reason when
 * it aborts.
 */
export function ratingFactors(request: RatingFactorsRequest, signal?: AbortSignal): Promise<Float32Array> {
  const { starts, columns, values } = request.byUser;
  return runInThread(new URL('./rating-factors-worker', import.meta.url), request, {
    work: 'factorization of ratings',
    handOver: [starts, columns, values],
    signal,
  });
}
