import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';
import { encodeEntities } from '../features/encode-features.ts';
import type { Features } from '../features/feature-schema.ts';
import { runInChunks } from '../models/in-chunks.ts';
import type { Embeddings, Recommender } from '../models/recommender.ts';
import type { Database } from '../store/database.ts';

/** Items read and encoded between two turns of the event loop. */
const rowsPerRead = 200;
/** Vectors read or copied between two turns of the event loop, which takes a few milliseconds. */
const rowsPerTurn = 10_000;

/** Items by internal ID. Their revisions tell whether a cached embedding is still valid. */
export interface ItemRevisions {
  readonly ids: readonly number[];
  readonly revisions: readonly number[];
}

interface CachedVector {
  readonly revision: number;
  readonly vector: Float32Array;
}

/** The item embeddings of one model version. Each is computed once for a revision of an item. */
export class ItemEmbeddings {
  readonly #database: Database;
  readonly #recommender: Recommender;
  /** Each vector has size 1. The option `max` would allocate memory for all vectors at once, which takes some 10 ms. */
  readonly #vectors: LRUCache<number, CachedVector>;
  /**
   * Lists that need the same items at the same time, such as after a promotion, wait until the first has embedded them.
   */
  readonly #preparing = pLimit(1);

  /** Keeps at most `maxCached` vectors and drops the least recently used ones. */
  constructor(database: Database, recommender: Recommender, maxCached: number) {
    this.#database = database;
    this.#recommender = recommender;
    this.#vectors = new LRUCache({ maxSize: maxCached, sizeCalculation: () => 1 });
  }

  /** Returns the embeddings, `[ids.length, width]`, in the order of `ids`. */
  async embed(items: ItemRevisions): Promise<Embeddings> {
    await this.prepare([items]);
    const { ids, revisions } = items;
    const vectors: Float32Array[] = [];
    await runInChunks(ids.length, rowsPerTurn, async (start, end) => {
      const chunk = { ids: ids.slice(start, end), revisions: revisions.slice(start, end) };
      for (const vector of await this.#find(chunk)) vectors.push(vector);
    });
    const width = vectors[0]?.length ?? 0;
    const data = new Float32Array(vectors.length * width);
    await runInChunks(vectors.length, rowsPerTurn, async (start, end) => {
      for (let row = start; row < end; row++) data.set(vectors[row] as Float32Array, row * width);
    });
    return { rows: vectors.length, width, data };
  }

  /**
   * Computes the embeddings that are not cached yet, so that `embed` finds them. Each item is computed once, even if
   * several lists need it at about the same time.
   */
  async prepare(all: readonly ItemRevisions[]): Promise<void> {
    if ((await this.#missing(all)).length === 0) return;
    // Earlier callers may have computed them in the meantime.
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

  /** Computes an embedding again if it was dropped, or its item changed, since `prepare`. */
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
    // An item that has just been deleted is embedded like an item without features.
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
