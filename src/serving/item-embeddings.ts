import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';
import { encodeEntities } from '../features/entity.ts';
import type { Features } from '../features/feature-schema.ts';
import type { Embeddings, Recommender } from '../models/recommender.ts';
import { runInChunks } from '../models/run-in-chunks.ts';
import type { Database } from '../store/database.ts';

/** Of the vectors kept, least recently used dropped first: some 150,000 of 128 floats each. */
const mostCachedBytes = 100 * 2 ** 20;
/** What a vector takes beside its numbers, about. */
const bytesBesideNumbers = 200;
/** Items read and encoded between two turns of the event loop. */
const rowsPerRead = 200;
/** Vectors looked up or copied between two turns of the event loop: a few milliseconds. */
const rowsPerTurn = 10_000;

/** Items by internal id; `revisions` tell whether a cached embedding is still theirs. */
export interface Candidates {
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
  /** Bounded by size: a bound on the count would allocate room for all of it here, which takes some 10 ms. */
  readonly #vectors = new LRUCache<number, CachedVector>({
    maxSize: mostCachedBytes,
    sizeCalculation: ({ vector }) => bytesBesideNumbers + vector.byteLength,
  });
  /** Lists that need the same items at once, as after a promotion, wait for the first of them to embed these. */
  readonly #oneAtATime = pLimit(1);

  constructor(database: Database, recommender: Recommender) {
    this.#database = database;
    this.#recommender = recommender;
  }

  /** Embeddings `[ids.length, width]`, in the order of `ids`. */
  async embed({ ids, revisions }: Candidates): Promise<Embeddings> {
    const vectors: Float32Array[] = [];
    await runInChunks(ids.length, rowsPerTurn, async (start, end) => {
      const lot = { ids: ids.slice(start, end), revisions: revisions.slice(start, end) };
      for (const vector of await this.#oneAtATime(() => this.#find(lot))) vectors.push(vector);
    });
    const width = vectors[0]?.length ?? 0;
    const data = new Float32Array(vectors.length * width);
    await runInChunks(vectors.length, rowsPerTurn, async (start, end) => {
      for (let row = start; row < end; row++) data.set(vectors[row] as Float32Array, row * width);
    });
    return { rows: vectors.length, width, data };
  }

  async #find({ ids, revisions }: Candidates): Promise<Float32Array[]> {
    const found = ids.map((id) => this.#vectors.get(id));
    const missing = ids.filter((_, index) => found[index]?.revision !== revisions[index]);
    const computed = new Map<number, Float32Array>();
    for (let start = 0; start < missing.length; start += rowsPerRead) {
      await this.#compute(missing.slice(start, start + rowsPerRead), computed);
    }
    return ids.map((id, index) => computed.get(id) ?? (found[index] as CachedVector).vector);
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
