import type { CompiledFunction, Dimension, DType, FunctionDefinition, Signature } from '../engine/engine.ts';

/** A function to compile for serving, and its inputs. */
export type ServingFunction = Pick<FunctionDefinition, 'fn' | 'inputs'>;

/** Returns the signature of one input. */
export function tensorOf(dtype: DType, ...shape: Dimension[]): Signature[string] {
  return { dtype, shape };
}

/** A function that is compiled on first use. After a failure, the next use compiles it again. */
export class LazyFunction {
  readonly #compile: () => Promise<CompiledFunction>;
  #compiled: Promise<CompiledFunction> | undefined;
  #disposed = false;

  constructor(compile: () => Promise<CompiledFunction>) {
    this.#compile = compile;
  }

  /** Returns the compiled function. Rejects with an Error after `dispose`, because nobody would free the function. */
  get(): Promise<CompiledFunction> {
    if (this.#disposed) return Promise.reject(new Error('Expected to use the function before it is disposed of.'));
    this.#compiled ??= this.#compile().catch((error: unknown) => {
      this.#compiled = undefined;
      throw error;
    });
    return this.#compiled;
  }

  /** Disposes of the compiled function. If it is still being compiled, disposes of it afterwards. */
  dispose(): void {
    this.#disposed = true;
    // The caller of `get` already receives a failure.
    this.#compiled?.then(
      (compiled) => compiled.dispose(),
      () => {},
    );
  }
}
