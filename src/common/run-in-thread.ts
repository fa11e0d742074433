import { parentPort, Worker } from 'node:worker_threads';
import { type ErrorMessage, errorMessageOf, errorOf } from './error-message.ts';

export interface ThreadOptions<Progress> {
  /** The name of the work in error messages, such as "factorization". */
  readonly work: string;
  /** Arrays of the request to hand over instead of copying. They are empty afterwards; shared arrays stay shared. */
  readonly handOver?: readonly ArrayBufferView[];
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs one request in a thread of its own and returns the result. `module` is the URL, without the extension, of a
 * module that calls `serveThread`.
 *
 * Throws the WarmstartError or WarmstartErrors that the thread throws, the signal's reason when it aborts, whatever
 * `onProgress` throws, and an Error with the cause when the thread dies. The thread has ended when the promise settles.
 *
 * This is our own code because piscina drops the codes of errors, reports no progress of a task, and starts its threads
 * without the hooks that load TypeScript.
 */
export async function runInThread<Result, Progress = never>(
  module: URL,
  request: object,
  { work, handOver = [], onProgress, signal }: ThreadOptions<Progress>,
): Promise<Result> {
  signal?.throwIfAborted();
  const thread = startThread(module);
  let abort = () => {};
  try {
    return await new Promise((resolve, reject) => {
      abort = () => reject(signal?.reason);
      signal?.addEventListener('abort', abort);
      thread.on('message', (message: ThreadMessage<Result, Progress>) => {
        try {
          if (message.kind === 'progress') onProgress?.(message.progress);
          else if (message.kind === 'result') resolve(message.result);
          else reject(errorOf(message));
        } catch (error) {
          // Nothing catches what an event listener throws.
          reject(error);
        }
      });
      thread.on('error', (cause) => reject(new Error(`The ${work} failed: ${cause.message}`, { cause })));
      thread.on('exit', (code) => reject(new Error(`The thread of the ${work} ended early, code ${code}.`)));
      thread.postMessage(request, buffersOf(handOver));
    });
  } finally {
    signal?.removeEventListener('abort', abort);
    await thread.terminate();
  }
}

/**
 * Answers the one request of this thread. `handOver` names the arrays of the result to hand over instead of copying.
 * Any error other than a WarmstartError or WarmstartErrors ends the thread, and `runInThread` throws it as a cause.
 */
export function serveThread<Request, Result, Progress = never>(
  handle: (request: Request, report: (progress: Progress) => void) => Result,
  handOver: (result: Result) => readonly ArrayBufferView[] = () => [],
): void {
  const send = (message: ThreadMessage<Result, Progress>, transfer: ArrayBuffer[] = []) =>
    parentPort?.postMessage(message, transfer);
  parentPort?.once('message', (request: Request) => {
    try {
      const result = handle(request, (progress) => send({ kind: 'progress', progress }));
      send({ kind: 'result', result }, buffersOf(handOver(result)));
    } catch (error) {
      const message = errorMessageOf(error);
      if (!message) throw error;
      send(message);
    }
  });
}

type ThreadMessage<Result, Progress> =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'result'; readonly result: Result }
  | ErrorMessage;

/** The buffer of each array once. Buffers that are shared cannot be handed over. */
function buffersOf(arrays: readonly ArrayBufferView[]): ArrayBuffer[] {
  return [...new Set(arrays.map(({ buffer }) => buffer))].filter((buffer) => buffer instanceof ArrayBuffer);
}

/**
 * Starts the module's `.js` in a build, or its `.ts` when this file is TypeScript. A thread does not inherit the hooks
 * of the tsx that runs the process, and Jest has none, so the thread registers its own before it imports the module.
 */
export function startThread(module: URL): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL(`${module}.js`));
  const register = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const source = JSON.stringify(`${module}.ts`);
  const program = `import { register } from ${register}; register(); await import(${source});`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
}
