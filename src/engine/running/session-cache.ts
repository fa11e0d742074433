import type { InferenceSession } from 'onnxruntime-node';
import type { HostTensors, Signature } from '../engine.ts';
import type { Sizes } from '../ir/array-type.ts';
import type { Graph } from '../ir/graph.ts';
import { optimize } from '../rewriting/optimize.ts';
import { NotGeneralError } from '../tracing/generalize.ts';
import { openSession, type SessionOptions } from './session.ts';

export interface LoadedGraph {
  readonly graph: Graph;
  readonly session: InferenceSession;
}

/** More than the number of sizes that a caller uses if it pads its batches. */
const maxSessions = 8;

/**
 * The sessions of one function. If symbols can express the function's graph, there is one session for all sizes.
 * Otherwise there is one session per combination of sizes, and the least recently used sessions are released.
 */
export class SessionCache {
  readonly #traceAt: (sizes?: Sizes) => Promise<Graph>;
  readonly #signature: Signature;
  readonly #options: SessionOptions;
  readonly #bySizes = new Map<string, Promise<LoadedGraph>>();
  #general: LoadedGraph | null = null;

  constructor(traceAt: (sizes?: Sizes) => Promise<Graph>, signature: Signature, options: SessionOptions) {
    this.#traceAt = traceAt;
    this.#signature = signature;
    this.#options = options;
  }

  /** Compiles for all sizes if possible. Throws the errors that the function throws while it is traced. */
  async prepare(): Promise<void> {
    try {
      this.#general = await this.#load();
    } catch (error) {
      if (!(error instanceof NotGeneralError)) throw error;
      this.#options.log?.(`compiling once for each size of the inputs: ${error.message}`);
    }
  }

  /** Returns the session for inputs, which must fit the signature. */
  async for(inputs: HostTensors): Promise<LoadedGraph> {
    if (this.#general !== null) return this.#general;
    const sizes = sizesOf(this.#signature, inputs);
    const key = JSON.stringify(sizes);
    const loaded = this.#bySizes.get(key) ?? this.#load(sizes);
    // Setting the entry again moves it to the end, so that the first entry is the least recently used.
    this.#bySizes.delete(key);
    this.#bySizes.set(key, loaded);
    // If loading fails, the next run tries again.
    loaded.catch(() => this.#bySizes.get(key) === loaded && this.#bySizes.delete(key));
    if (this.#bySizes.size > maxSessions) await this.#release(this.#bySizes.keys().next().value!);
    return loaded;
  }

  async dispose(): Promise<void> {
    const all = [this.#general, ...this.#bySizes.values()];
    this.#general = null;
    this.#bySizes.clear();
    for (const loaded of all) await (await loaded)?.session.release();
  }

  async #load(sizes?: Sizes): Promise<LoadedGraph> {
    const graph = await optimize(await this.#traceAt(sizes));
    return { graph, session: await openSession(graph, this.#options) };
  }

  async #release(key: string): Promise<void> {
    const loaded = this.#bySizes.get(key)!;
    this.#bySizes.delete(key);
    await (await loaded).session.release();
  }
}

function sizesOf(signature: Signature, inputs: HostTensors): Sizes {
  const sizes = Object.entries(signature).flatMap(([name, { shape }]) =>
    shape.flatMap((dimension, axis) =>
      typeof dimension === 'string' ? [[dimension, inputs[name]!.shape[axis]!]] : [],
    ),
  );
  return Object.fromEntries(sizes);
}
