/**
 * Counts who uses a resource. It is released once, when it has been disposed of and its last use has ended, so that
 * nobody's work loses what it works with.
 */
export class UseCount {
  readonly #resource: string;
  readonly #release: () => void | Promise<void>;
  #uses = 0;
  #released: Promise<void> | undefined;
  #whenUnused: (() => void) | undefined;

  /** `resource` is what error messages call it, such as "the compiled function". */
  constructor(resource: string, release: () => void | Promise<void>) {
    this.#resource = resource;
    this.#release = release;
  }

  /** Whether anybody uses the resource. */
  get inUse(): boolean {
    return this.#uses > 0;
  }

  /** Runs work that uses the resource. Rejects with an Error, without running it, after `dispose`. */
  async use<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#released) throw new Error(`Expected to use ${this.#resource} before it is disposed of.`);
    this.#uses++;
    try {
      return await work();
    } finally {
      this.#uses--;
      if (this.#uses === 0) this.#whenUnused?.();
    }
  }

  /** Releases the resource after its last use, and at once if nobody uses it. Resolves when it is released. */
  dispose(): Promise<void> {
    this.#released ??= this.#releaseWhenUnused();
    return this.#released;
  }

  async #releaseWhenUnused(): Promise<void> {
    if (this.#uses > 0) {
      await new Promise<void>((resolve) => {
        this.#whenUnused = resolve;
      });
    }
    await this.#release();
  }
}
