import { WarmstartError } from '../common/errors.ts';
import { openWorker } from '../common/open-worker.ts';
import type { AlsProgress } from './alternating-least-squares.ts';
import { type FactorisationOptionsInput, parseFactorisationOptions } from './factorisation-options.ts';
import type { Factors } from './factors.ts';
import type { FeatureRows } from './feature-map.ts';
import type { Interactions } from './interactions.ts';
import type { Factorisation, WorkerAnswer, WorkerRequest } from './worker-messages.ts';

export interface FactoriseRequest {
  readonly interactions: Interactions;
  /** With the features of the users, or items, their map to factors is fitted too, for those yet to come. */
  readonly features?: { readonly users?: FeatureRows; readonly items?: FeatureRows };
  readonly options?: FactorisationOptionsInput;
  /** Factors of items to start from, see `alternatingLeastSquares`. */
  readonly start?: Factors;
  /** Called about ten times a second during the iterations. */
  readonly onProgress?: (progress: AlsProgress) => void;
  /** Ends the work at once; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Learns one embedding for each user and item that has interactions, see `alternatingLeastSquares`, and how to place
 * others by their features, see `fitFeatureMap`. Works in a thread of its own, so that the event loop goes on.
 *
 * The arrays of the request are handed to that thread, not copied: they are empty afterwards, unless they lie in a
 * SharedArrayBuffer. Throws INVALID_CONFIGURATION and INVALID_DATA for a request that is wrong, and an Error with the
 * cause when the thread dies, for want of memory for example.
 */
export async function factorise(request: FactoriseRequest): Promise<Factorisation> {
  const { interactions, features = {}, start, signal } = request;
  const message = {
    interactions,
    features,
    start,
    options: parseFactorisationOptions(request.options ?? {}),
  };
  signal?.throwIfAborted();
  const worker = openWorker(new URL('./factorise-worker', import.meta.url));
  let abort = () => {};
  try {
    return await new Promise((resolve, reject) => {
      abort = () => reject(signal?.reason);
      signal?.addEventListener('abort', abort);
      worker.on('message', (answer) => settle(answer, request, resolve, reject));
      worker.on('error', (cause) =>
        reject(new Error(`The factorisation failed: ${cause.message}`, { cause })),
      );
      worker.on('exit', (code) => reject(new Error(`The factorisation's thread ended early, code ${code}.`)));
      worker.postMessage(message, buffersOf(message));
    });
  } finally {
    signal?.removeEventListener('abort', abort);
    await worker.terminate();
  }
}

function settle(
  answer: WorkerAnswer,
  { onProgress }: FactoriseRequest,
  resolve: (result: Factorisation) => void,
  reject: (error: unknown) => void,
): void {
  if (answer.kind === 'done') resolve(answer.result);
  else if (answer.kind === 'refused') reject(new WarmstartError(answer.code, answer.message));
  else report(answer.progress, onProgress, reject);
}

/** What the caller's function throws would otherwise be nobody's to catch. */
function report(
  progress: AlsProgress,
  onProgress: FactoriseRequest['onProgress'],
  reject: (error: unknown) => void,
): void {
  try {
    onProgress?.(progress);
  } catch (error) {
    reject(error);
  }
}

/** Of all typed arrays of the request, each once; shared ones need no handing over. */
function buffersOf({ interactions, features }: WorkerRequest): ArrayBuffer[] {
  const arrays = [
    interactions.userRows,
    interactions.itemRows,
    interactions.values,
    ...[features.users, features.items].flatMap((rows) => [rows?.features.indices, rows?.features.weights]),
  ];
  const buffers = arrays.map((array) => array?.buffer).filter((buffer) => buffer instanceof ArrayBuffer);
  return [...new Set(buffers)];
}
