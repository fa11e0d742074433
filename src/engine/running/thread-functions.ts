import { extname } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { startThread } from '../../common/run-in-thread.ts';
import { UseCount } from '../../common/use-count.ts';
import type { CompiledFunction, FunctionSource } from '../engine.ts';
import type { FunctionAnswer, FunctionRequest } from './function-thread.ts';
import type { SessionOptions } from './session.ts';

/** A request that the thread has not answered. */
interface Waiting {
  readonly resolve: (answer: FunctionAnswer) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * Functions that a thread of their own compiles and runs, one run after another. The thread starts with the first
 * function and ends with the last one. If it dies, the runs that wait for it reject, and the next run starts another
 * thread.
 */
export class ThreadFunctions {
  readonly #module: URL;
  readonly #waiting = new Map<number, Waiting>();
  #thread: Worker | undefined;
  #requests = 0;
  #ids = 0;
  #open = 0;

  /** `module` is the URL of the thread's module without its extension. */
  constructor(module: URL = new URL('./function-thread', import.meta.url)) {
    this.#module = module;
  }

  /** Compiles a function. Rejects with what its module or the compilation throws. */
  async compile(source: FunctionSource, { threads }: Pick<SessionOptions, 'threads'>): Promise<CompiledFunction> {
    const id = ++this.#ids;
    this.#open += 1;
    const load = async (): Promise<Worker | undefined> => {
      const file = `${source.module}${extname(import.meta.url)}`;
      await this.#ask({ kind: 'compile', id, module: file, argument: await source.argument(), threads });
      return this.#thread;
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
    const uses = new UseCount('the compiled function', async () => {
      const isLast = this.#open === 1;
      this.#close();
      // If the thread dies instead, the function is gone too.
      if (!isLast && loaded === this.#thread) await this.#ask({ kind: 'dispose', id }).catch(() => {});
    });
    return {
      run: (inputs) =>
        uses.use(async () => {
          // Another thread does not have the function yet.
          if (loaded !== this.#thread) loaded = await reload();
          const { outputs = {} } = await this.#ask({ kind: 'run', id, inputs });
          return outputs;
        }),
      dispose: () => void uses.dispose(),
    };
  }

  /** Ends the thread if it has no function. */
  #close(): void {
    this.#open -= 1;
    if (this.#open > 0) return;
    const thread = this.#thread;
    this.#thread = undefined;
    void thread?.terminate();
  }

  #ask(request: FunctionRequest): Promise<FunctionAnswer> {
    this.#thread ??= this.#start();
    const number = ++this.#requests;
    const thread = this.#thread;
    return new Promise<FunctionAnswer>((resolve, reject) => {
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
      const error = new Error(`The thread that runs functions ended${why}.`, { cause });
      for (const { reject } of this.#waiting.values()) reject(error);
    };
    thread.on('message', (answer: FunctionAnswer) => {
      const waiting = this.#waiting.get(answer.request);
      if (answer.error) waiting?.reject(answer.error);
      else waiting?.resolve(answer);
    });
    thread.on('error', (cause) => end(`: ${cause.message}`, cause));
    thread.on('exit', (code) => end(`, code ${code}`));
    return thread;
  }
}
