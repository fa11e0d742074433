import type { InferenceSession } from 'onnxruntime-node';
import { UseCount } from '../../common/use-count.ts';
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

/** A session, and the number of runs that use it. */
interface Slot {
  readonly loaded: Promise<LoadedGraph>;
  readonly uses: UseCount;
}

/**
 * The sessions of one function. If symbols can express the function's graph, there is one session for all sizes.
 * Otherwise there is one session per combination of sizes, and the least recently used sessions are released, each
 * after its last run.
 */
export class SessionCache {
  /** Absent if there is one session for all sizes, because it holds the parameters of the function. */
  #traceAt: ((sizes?: Sizes) => Promise<Graph>) | undefined;
  readonly #signature: Signature;
  readonly #options: SessionOptions;
  readonly #uses = new UseCount('the compiled function', () => this.#releaseAll());
  /** Least recently used first. */
  readonly #bySizes = new Map<string, Slot>();
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
      this.#traceAt = undefined;
    } catch (error) {
      if (!(error instanceof NotGeneralError)) throw error;
      this.#options.log?.(`compiling once for each size of the inputs: ${error.message}`);
    }
  }

  /**
   * Runs `work` with the session for inputs, which must fit the signature. The session stays until `work` ends. Rejects
   * after `dispose`.
   */
  use<T>(inputs: HostTensors, work: (loaded: LoadedGraph) => Promise<T>): Promise<T> {
    return this.#uses.use(() => {
      if (this.#general !== null) return work(this.#general);
      const { loaded, uses } = this.#slotFor(sizesOf(this.#signature, inputs));
      return uses.use(async () => work(await loaded));
    });
  }

  /** Releases the sessions after the runs in progress. */
  dispose(): Promise<void> {
    return this.#uses.dispose();
  }

  #slotFor(sizes: Sizes): Slot {
    const key = JSON.stringify(sizes);
    const slot = this.#bySizes.get(key) ?? this.#open(key, sizes);
    // Setting the entry again moves it to the end.
    this.#bySizes.delete(key);
    this.#bySizes.set(key, slot);
    for (const [leastRecent, { uses }] of this.#bySizes) {
      if (this.#bySizes.size <= maxSessions) break;
      this.#bySizes.delete(leastRecent);
      void uses.dispose();
    }
    return slot;
  }

  #open(key: string, sizes: Sizes): Slot {
    const loaded = this.#load(sizes);
    const slot: Slot = { loaded, uses: new UseCount('the session', () => release(loaded)) };
    // If loading fails, the next run tries again.
    loaded.catch(() => this.#bySizes.get(key) === slot && this.#bySizes.delete(key));
    return slot;
  }

  async #releaseAll(): Promise<void> {
    const slots = [...this.#bySizes.values()];
    this.#bySizes.clear();
    await this.#general?.session.release();
    this.#general = null;
    await Promise.all(slots.map(({ uses }) => uses.dispose()));
  }

  async #load(sizes?: Sizes): Promise<LoadedGraph> {
    const graph = await optimize(await this.#traceAt!(sizes));
    return { graph, session: await openSession(graph, this.#options) };
  }
}

/** The caller of the run already receives the failure of a session that did not load. */
async function release(loaded: Promise<LoadedGraph>): Promise<void> {
  await loaded.then(
    ({ session }) => session.release(),
    () => {},
  );
}

function sizesOf(signature: Signature, inputs: HostTensors): Sizes {
  const sizes = Object.entries(signature).flatMap(([name, { shape }]) =>
    shape.flatMap((dimension, axis) =>
      typeof dimension === 'string' ? [[dimension, inputs[name]!.shape[axis]!]] : [],
    ),
  );
  return Object.fromEntries(sizes);
}
