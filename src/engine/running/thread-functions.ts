import { extname } from 'node:path';
import { UseCount } from '../../common/use-count.ts';
import type { CompiledFunction, FunctionSource } from '../engine.ts';
import { FunctionWorker } from './function-worker.ts';
import type { SessionOptions } from './session.ts';

/**
 * Functions that a separate thread compiles and runs, one run after another. The thread starts with the first function
 * and ends with the last one. If it dies, the runs that wait for it reject, and the next run starts another thread.
 */
export class ThreadFunctions {
  readonly #module: URL;
  #worker: FunctionWorker | undefined;
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
    const load = async (): Promise<FunctionWorker> => {
      const argument = await source.argument();
      const worker = this.#current();
      await worker.ask({
        kind: 'compile',
        id,
        module: `${source.module}${extname(import.meta.url)}`,
        argument,
        threads,
      });
      return worker;
    };
    let loaded = await load().catch((error: unknown) => {
      this.#close();
      throw error;
    });
    let reloading: Promise<FunctionWorker> | undefined;
    const reload = () => {
      reloading ??= load().finally(() => {
        reloading = undefined;
      });
      return reloading;
    };
    const uses = new UseCount('the compiled function', async () => {
      this.#close();
      // If the thread ends first, the function is gone too.
      if (loaded === this.#worker) await loaded.ask({ kind: 'dispose', id }).catch(() => {});
    });
    return {
      run: (inputs) =>
        uses.use(async () => {
          // Another thread does not have the function yet.
          if (loaded !== this.#worker) loaded = await reload();
          return loaded.ask({ kind: 'run', id, inputs });
        }),
      dispose: () => void uses.dispose(),
    };
  }

  #current(): FunctionWorker {
    if (this.#worker) return this.#worker;
    const worker = new FunctionWorker(this.#module, () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    this.#worker = worker;
    return worker;
  }

  /** Ends the thread if it has no function. */
  #close(): void {
    this.#open -= 1;
    if (this.#open > 0) return;
    this.#worker?.end();
    this.#worker = undefined;
  }
}
