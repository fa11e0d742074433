import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';
import { encodeEntities } from '../features/entity.ts';
import type { Features } from '../features/feature-schema.ts';
import type { Embeddings, Recommender } from '../models/recommender.ts';
import { runInChunks } from '../models/run-in-chunks.ts';
import type { Database } from '../store/database.ts';

/** Items read and encoded between two turns of the event loop. */
const rowsPerRead = 200;
/** Vectors looked up or copied between two turns of the event loop: a few milliseconds. */
const rowsPerTurn = 10_000;

/** Items by internal id; `revisions` tell whether a cached embedding is still theirs. */
export interface ItemRevisions {
  readonly ids: readonly number[];
  readonly revisions: readonly number[];
}

interface CachedVector {
  readonly revision: number;
  readonly vector: Float32Array;
}

/** The embeddings of items under one model version, computed once for each revision of an item. */
export class ItemEmbeddings {
  readonly #database: Database;
  readonly #recommender: Recommender;
  /** Bounded by a size that is 1 each: a bound on their count would allocate room for all of them here, which takes some 10 ms. */
  readonly #vectors: LRUCache<number, CachedVector>;
  /** Lists that need the same items at once, as after a promotion, wait for the first of them to embed these. */
  readonly #preparing = pLimit(1);

  /** Vectors beyond `maxCached` are dropped, the least recently used first. */
  constructor(database: Database, recommender: Recommender, maxCached: number) {
    this.#database = database;
    this.#recommender = recommender;
    this.#vectors = new LRUCache({ maxSize: maxCached, sizeCalculation: () => 1 });
  }

  /** Embeddings `[ids.length, width]`, in the order of `ids`. */
  async embed(candidates: ItemRevisions): Promise<Embeddings> {
    await this.prepare([candidates]);
    const { ids, revisions } = candidates;
    const vectors: Float32Array[] = [];
    await runInChunks(ids.length, rowsPerTurn, async (start, end) => {
      const lot = { ids: ids.slice(start, end), revisions: revisions.slice(start, end) };
      for (const vector of await this.#find(lot)) vectors.push(vector);
    });
    const width = vectors[0]?.length ?? 0;
    const data = new Float32Array(vectors.length * width);
    await runInChunks(vectors.length, rowsPerTurn, async (start, end) => {
      for (let row = start; row < end; row++) data.set(vectors[row] as Float32Array, row * width);
    });
    return { rows: vectors.length, width, data };
  }

  /**
   * Reads and computes what of these is not known yet, so that `embed` has it at hand: each item once, also where several ask for
   * it at about the same time.
   */
  async prepare(all: readonly ItemRevisions[]): Promise<void> {
    if ((await this.#missing(all)).length === 0) return;
    // Those who asked before may have computed it meanwhile.
    await this.#preparing(async () => this.#computeAll(await this.#missing(all)));
  }

  async #missing(all: readonly ItemRevisions[]): Promise<number[]> {
    const missing = new Set<number>();
    for (const { ids, revisions } of all)
      await runInChunks(ids.length, rowsPerTurn, async (start, end) => {
        for (let row = start; row < end; row++) {
          const id = ids[row] as number;
          if (this.#vectors.peek(id)?.revision !== revisions[row]) missing.add(id);
        }
      });
    return [...missing];
  }

  /** What was dropped, or changed, since it was prepared is computed once more. */
  async #find({ ids, revisions }: ItemRevisions): Promise<Float32Array[]> {
    const found = ids.map((id) => this.#vectors.get(id));
    const missing = ids.filter((_, index) => found[index]?.revision !== revisions[index]);
    const computed = await this.#computeAll(missing);
    return ids.map((id, index) => computed.get(id) ?? (found[index] as CachedVector).vector);
  }

  async #computeAll(ids: readonly number[]): Promise<Map<number, Float32Array>> {
    const computed = new Map<number, Float32Array>();
    for (let start = 0; start < ids.length; start += rowsPerRead) {
      await this.#compute(ids.slice(start, start + rowsPerRead), computed);
    }
    return computed;
  }

  async #compute(ids: readonly number[], computed: Map<number, Float32Array>): Promise<void> {
    const rows = await this.#database.item.findMany({
      where: { id: { in: [...ids] } },
      select: { id: true, externalId: true, revision: true, features: true },
    });
    const byId = new Map(rows.map((row) => [row.id, row]));
    // An item deleted a moment ago has no features left; it is embedded as one of which nothing is known.
    const entities = ids.map((id) => {
      const row = byId.get(id);
      return { id: row?.externalId ?? '', features: (row?.features ?? {}) as Features };
    });
    const encoded = encodeEntities(this.#recommender.schema, 'item', entities);
    const { width, data } = await this.#recommender.embedItems(encoded);
    for (const [row, id] of ids.entries()) {
      const vector = data.slice(row * width, (row + 1) * width);
      computed.set(id, vector);
      const revision = byId.get(id)?.revision;
      if (revision !== undefined) this.#vectors.set(id, { revision, vector });
    }
  }
}
