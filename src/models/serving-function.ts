import type { CompiledFunction, FunctionDefinition } from '../engine/engine.ts';

/** A function to compile for serving, with the inputs it takes. */
export type ServingFunction = Pick<FunctionDefinition, 'fn' | 'inputs'>;

/** A function that is compiled when it is first asked for, and after a failure when it is next asked for. */
export class LazyFunction {
  readonly #compile: () => Promise<CompiledFunction>;
  #compiled: Promise<CompiledFunction> | undefined;

  constructor(compile: () => Promise<CompiledFunction>) {
    this.#compile = compile;
  }

  get(): Promise<CompiledFunction> {
    this.#compiled ??= this.#compile().catch((error: unknown) => {
      this.#compiled = undefined;
      throw error;
    });
    return this.#compiled;
  }

  /** Disposes of what was compiled, or will have been once that is done. */
  dispose(): void {
    // Whoever asked for it hears of a failure.
    this.#compiled?.then(
      (compiled) => compiled.dispose(),
      () => {},
    );
  }
}
