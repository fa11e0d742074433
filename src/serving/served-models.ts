import { UseCount } from '../common/use-count.ts';
import type { Engine } from '../engine/engine.ts';
import type { ItemTable } from '../live-catalog/item-table.ts';
import type { Recommender } from '../models/recommender.ts';
import { loadModelVersion, servedVersion } from '../registry/model-registry.ts';
import type { Database } from '../store/database.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { ItemEmbeddings } from './item-embeddings.ts';
import { ItemVectors } from './item-vectors.ts';

/** A model version in memory, with the embeddings computed so far. */
export interface ServedModel {
  readonly versionId: number;
  readonly taskKind: TaskKind;
  readonly recommender: Recommender;
  readonly embeddings: ItemEmbeddings;
  /** Present if a score of the model is an inner product. */
  readonly vectors?: ItemVectors;
  /** The model makes the lists of users with at least this many interactions in their support set. */
  readonly servesFrom: number;
}

interface Slot {
  readonly model: Promise<ServedModel>;
  readonly uses: UseCount;
}

/** Leaves room for the active versions and for versions that cursors of earlier pages still refer to. */
const maxLoaded = 4;

/**
 * Model versions by ID. A version is loaded at its first use. The least recently used version that is not in use is
 * freed.
 */
export class ServedModels {
  readonly #database: Database;
  readonly #engine: Engine;
  readonly #items: ItemTable;
  readonly #maxCached: number;
  /** Least recently used first. */
  readonly #slots = new Map<number, Slot>();

  /** Keeps at most `maxCached` item embeddings for each version. */
  constructor(database: Database, engine: Engine, items: ItemTable, maxCached: number) {
    this.#database = database;
    this.#engine = engine;
    this.#items = items;
    this.#maxCached = maxCached;
  }

  /** Runs `work` with a version, which stays loaded until `work` ends. Rejects like `loadModelVersion`. */
  async use<T>(versionId: number, work: (model: ServedModel) => Promise<T>): Promise<T> {
    const slot = this.#slots.get(versionId) ?? this.#newSlot(versionId);
    this.#slots.delete(versionId);
    this.#slots.set(versionId, slot);
    try {
      return await slot.uses.use(async () => work(await slot.model));
    } catch (error) {
      // If a version fails to load, the next request tries again.
      slot.model.catch(() => this.#slots.get(versionId) === slot && this.#slots.delete(versionId));
      throw error;
    } finally {
      this.#makeRoom();
    }
  }

  /** Returns the kind of task of a version; `undefined` if the version does not exist. */
  async taskKindOf(versionId: number): Promise<TaskKind | undefined> {
    return (await servedVersion(this.#database, versionId))?.taskKind;
  }

  /** Frees all versions, each after its last use. */
  async close(): Promise<void> {
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    await Promise.all(slots.map(({ uses }) => uses.dispose()));
  }

  #makeRoom(): void {
    for (const [versionId, { uses }] of this.#slots) {
      if (this.#slots.size <= maxLoaded) return;
      if (uses.inUse) continue;
      this.#slots.delete(versionId);
      void uses.dispose();
    }
  }

  #newSlot(versionId: number): Slot {
    const model = this.#load(versionId);
    const uses = new UseCount(`model version ${versionId}`, async () => {
      const loaded = await model.catch(() => undefined);
      loaded?.recommender.dispose();
    });
    return { model, uses };
  }

  async #load(versionId: number): Promise<ServedModel> {
    const recommender = await loadModelVersion(this.#database, versionId, this.#engine);
    const version = await servedVersion(this.#database, versionId);
    const { taskKind = 'USER', servesFrom = 1 } = version ?? {};
    const embeddings = new ItemEmbeddings(this.#items, recommender, this.#maxCached);
    const { retrieval } = recommender;
    const vectors = retrieval && new ItemVectors(this.#items, embeddings, retrieval);
    return { versionId, taskKind, recommender, embeddings, servesFrom, ...(vectors && { vectors }) };
  }
}
