import type { Worker } from 'node:worker_threads';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { startThread } from '../../common/run-in-thread.ts';
import { toHostTensor, toOrtTensor } from './ort-tensor.ts';
import type { SessionAnswer, SessionNames, SessionRequest } from './session-thread.ts';

/** What the engine uses of a session of ONNX Runtime. */
export type Session = Pick<InferenceSession, 'inputNames' | 'outputNames' | 'run' | 'release'>;

/** A request that the thread has not answered. */
interface Waiting {
  readonly resolve: (answer: SessionAnswer) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * Sessions that compute in a thread of their own, one run after another. The thread starts with the first session and
 * ends with the last one. If it dies, the runs that wait for it reject, and the next run starts another thread.
 */
export class ThreadSessions {
  readonly #module: URL;
  readonly #waiting = new Map<number, Waiting>();
  #thread: Worker | undefined;
  #requests = 0;
  #numbers = 0;
  #open = 0;

  /** `module` is the URL of the thread's module without its extension. */
  constructor(module: URL = new URL('./session-thread', import.meta.url)) {
    this.#module = module;
  }

  /** Opens a session for the bytes of an ONNX model. Rejects with the errors of ONNX Runtime. */
  async open(model: Uint8Array, settings: InferenceSession.SessionOptions): Promise<Session> {
    const session = ++this.#numbers;
    this.#open += 1;
    const load = async (): Promise<{ thread: Worker | undefined; names: SessionNames }> => {
      const { names } = await this.#ask({ kind: 'open', session, model, settings });
      return { thread: this.#thread, names: names as SessionNames };
    };
    let loaded = await load().catch((error: unknown) => {
      this.#close();
      throw error;
    });
    let reloading: ReturnType<typeof load> | undefined;
    const reload = () => {
      reloading ??= load().finally(() => {
        reloading = undefined;
      });
      return reloading;
    };
    const run = async (feeds: InferenceSession.FeedsType): Promise<InferenceSession.ReturnType> => {
      // Another thread does not have the session yet.
      if (loaded.thread !== this.#thread) loaded = await reload();
      const tensors = Object.entries(feeds).map(([name, tensor]) => [name, toHostTensor(tensor as Tensor)]);
      const { outputs = {} } = await this.#ask({ kind: 'run', session, feeds: Object.fromEntries(tensors) });
      return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, toOrtTensor(tensor)]));
    };
    const release = async (): Promise<void> => {
      const isLast = this.#open === 1;
      this.#close();
      // If the thread dies instead, the session is released too.
      if (!isLast && loaded.thread === this.#thread) await this.#ask({ kind: 'release', session }).catch(() => {});
    };
    return { ...loaded.names, run, release };
  }

  /** Ends the thread if no session is open. */
  #close(): void {
    this.#open -= 1;
    if (this.#open > 0) return;
    const thread = this.#thread;
    this.#thread = undefined;
    void thread?.terminate();
  }

  #ask(request: SessionRequest): Promise<SessionAnswer> {
    this.#thread ??= this.#start();
    const number = ++this.#requests;
    const thread = this.#thread;
    return new Promise<SessionAnswer>((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      // The process must not end before the answer.
      thread.ref();
      thread.postMessage({ request: number, ...request });
    }).finally(() => {
      this.#waiting.delete(number);
      if (this.#waiting.size === 0) thread.unref();
    });
  }

  #start(): Worker {
    const thread = startThread(this.#module);
    const end = (why: string, cause?: unknown) => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      const error = new Error(`The thread that runs sessions ended${why}.`, { cause });
      for (const { reject } of this.#waiting.values()) reject(error);
    };
    thread.on('message', (answer: SessionAnswer) => {
      const waiting = this.#waiting.get(answer.request);
      if (answer.error) waiting?.reject(answer.error);
      else waiting?.resolve(answer);
    });
    thread.on('error', (cause) => end(`: ${cause.message}`, cause));
    thread.on('exit', (code) => end(`, code ${code}`));
    return thread;
  }
}
