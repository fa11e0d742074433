import { runInThread } from '../common/run-in-thread.ts';
import type { AlsProgress } from './alternating-least-squares.ts';
import { type FactorizationOptionsInput, parseFactorizationOptions } from './factorization-options.ts';
import type { Factorization, ThreadRequest } from './factorize-worker.ts';
import type { Factors } from './factors.ts';
import type { FeatureRows } from './feature-map.ts';
import type { Interactions } from './interactions.ts';

export interface FactorizeRequest {
  readonly interactions: Interactions;
  /** Features of the users and of the items. For each side that is given, a map from features to factors is fitted. */
  readonly features?: { readonly users?: FeatureRows; readonly items?: FeatureRows };
  readonly options?: FactorizationOptionsInput;
  /** Factors of items to start from, see `alternatingLeastSquares`. */
  readonly start?: Factors;
  /** Called about ten times a second during the iterations. */
  readonly onProgress?: (progress: AlsProgress) => void;
  /** Ends the work at once; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Learns an embedding of each user and item that has interactions (see `alternatingLeastSquares`) and a map that places
 * the others by their features (see `fitFeatureMap`). Runs in a thread of its own, so the event loop is not blocked.
 *
 * The arrays of the request are handed to that thread, not copied: they are empty afterwards, unless they lie in a
 * SharedArrayBuffer. `start` and the marks of unknown pairs are copied.
 *
 * Throws INVALID_CONFIGURATION and INVALID_DATA if the request is wrong, and an Error with the cause when the thread
 * dies, for example because it is out of memory.
 */
export async function factorize(request: FactorizeRequest): Promise<Factorization> {
  const { interactions, features = {}, start, onProgress, signal } = request;
  const options = parseFactorizationOptions(request.options ?? {});
  const threadRequest: ThreadRequest = { interactions, features, start, options };
  return runInThread(new URL('./factorize-worker', import.meta.url), threadRequest, {
    work: 'factorization',
    handOver: arraysOf(threadRequest),
    onProgress,
    signal,
  });
}

function arraysOf({ interactions, features }: ThreadRequest): ArrayBufferView[] {
  const { userRows, itemRows, values } = interactions;
  const sides = [features.users, features.items];
  const featureArrays = sides.flatMap((rows) => (rows ? [rows.features.indices, rows.features.weights] : []));
  return [userRows, itemRows, ...(values ? [values] : []), ...featureArrays];
}
