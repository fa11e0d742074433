import type { Worker } from 'node:worker_threads';
import { errorOf } from '../../common/error-message.ts';
import { startThread } from '../../common/run-in-thread.ts';
import type { HostTensors } from '../engine.ts';
import type { FunctionAnswer, FunctionRequest } from './function-thread.ts';

/** A request that the thread has not answered. */
interface Waiting {
  readonly resolve: (outputs: HostTensors) => void;
  readonly reject: (reason: Error) => void;
}

/** A thread that compiles and runs functions. It does not keep the process alive while nobody waits for an answer. */
export class FunctionWorker {
  readonly #thread: Worker;
  readonly #onEnd: () => void;
  readonly #waiting = new Map<number, Waiting>();
  #requests = 0;
  #ended: Error | undefined;

  /** `module` is the URL of the thread's module without its extension. `onEnd` is called once, when the thread ends. */
  constructor(module: URL, onEnd: () => void) {
    this.#onEnd = onEnd;
    this.#thread = startThread(module);
    this.#thread.on('message', (answer: FunctionAnswer) => this.#receive(answer));
    this.#thread.on('error', (cause) => this.#end(`: ${cause.message}`, cause));
    this.#thread.on('exit', (code) => this.#end(`, code ${code}`));
  }

  /** Returns the outputs of a run; nothing for other requests. Rejects with what the thread throws, and if it ends. */
  ask(request: FunctionRequest): Promise<HostTensors> {
    if (this.#ended) return Promise.reject(this.#ended);
    const number = ++this.#requests;
    return new Promise<HostTensors>((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      this.#thread.ref();
      this.#thread.postMessage({ request: number, ...request });
    }).finally(() => {
      this.#waiting.delete(number);
      if (this.#waiting.size === 0) this.#thread.unref();
    });
  }

  /** Ends the thread. Requests without an answer reject. */
  end(): void {
    void this.#thread.terminate();
  }

  #receive(answer: FunctionAnswer): void {
    const waiting = this.#waiting.get(answer.request);
    if (answer.kind === 'done') waiting?.resolve(answer.outputs);
    else waiting?.reject(answer.kind === 'error' ? errorOf(answer) : answer.reason);
  }

  #end(why: string, cause?: unknown): void {
    if (this.#ended) return;
    this.#ended = new Error(`The thread that runs functions ended${why}.`, { cause });
    this.#onEnd();
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
  }
}
