import type { Engine } from '../engine/engine.ts';
import type { Recommender } from '../models/recommender.ts';
import { loadModelVersion } from '../registry/model-registry.ts';
import type { Database } from '../store/database.ts';
import { ItemEmbeddings } from './item-embeddings.ts';

/** A model version in memory, with what it has computed so far. */
export interface ServedModel {
  readonly versionId: number;
  readonly recommender: Recommender;
  readonly embeddings: ItemEmbeddings;
}

interface Slot {
  readonly model: Promise<ServedModel>;
  users: number;
}

/** The active version, and those that the cursors of earlier pages still name. */
const maxLoaded = 3;

/** Model versions by id, loaded when first asked for; the one longest unused makes room, once nobody uses it. */
export class ServedModels {
  readonly #database: Database;
  readonly #engine: Engine;
  readonly #maxCached: number;
  /** Least recently used first. */
  readonly #slots = new Map<number, Slot>();

  /** For each version embeddings of so many items are kept. */
  constructor(database: Database, engine: Engine, maxCached: number) {
    this.#database = database;
    this.#engine = engine;
    this.#maxCached = maxCached;
  }

  /** Runs `work` with a version that stays loaded meanwhile. Rejects as `loadModelVersion` does. */
  async use<T>(versionId: number, work: (model: ServedModel) => Promise<T>): Promise<T> {
    const slot = this.#slots.get(versionId) ?? { model: this.#load(versionId), users: 0 };
    this.#slots.delete(versionId);
    this.#slots.set(versionId, slot);
    slot.users++;
    try {
      return await work(await slot.model);
    } catch (error) {
      // A version that failed to load is tried again by the next request.
      slot.model.catch(() => this.#slots.get(versionId) === slot && this.#slots.delete(versionId));
      throw error;
    } finally {
      slot.users--;
      this.#makeRoom();
    }
  }

  /** Frees all versions. Requests must have ended. */
  async close(): Promise<void> {
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    await Promise.all(slots.map(dispose));
  }

  #makeRoom(): void {
    for (const [versionId, slot] of this.#slots) {
      if (this.#slots.size <= maxLoaded) return;
      if (slot.users > 0) continue;
      this.#slots.delete(versionId);
      void dispose(slot);
    }
  }

  async #load(versionId: number): Promise<ServedModel> {
    const recommender = await loadModelVersion(this.#database, versionId, this.#engine);
    const embeddings = new ItemEmbeddings(this.#database, recommender, this.#maxCached);
    return { versionId, recommender, embeddings };
  }
}

async function dispose({ model }: Slot): Promise<void> {
  await model.then(
    ({ recommender }) => recommender.dispose(),
    () => {},
  );
}
